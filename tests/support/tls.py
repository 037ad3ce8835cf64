"""A TLS server with a self-signed certificate."""

import contextlib
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Self

from tests.support.needs import need


def make_certificate(folder: Path, password: str = "") -> tuple[Path, Path]:
    """Return a self-signed certificate for localhost and its key, which the password opens if there is one."""
    certificate, key = folder / "own.crt", folder / "own.key"
    command = [
        need("openssl", package="openssl"), "req", "-x509", "-newkey", "rsa:2048", "-days", "2",
        *(["-passout", f"pass:{password}"] if password else ["-nodes"]),
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def make_authority(folder: Path) -> tuple[Path, Path]:
    """Return the certificate of an authority of our own, and a file with the key and certificate of 127.0.0.1."""
    openssl, authority, key = need("openssl", package="openssl"), folder / "authority.crt", folder / "authority.key"
    server, certificate, both = folder / "server.key", folder / "server.crt", folder / "server.pem"
    new = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    for more in (
        ["-subj", "/CN=Tests", "-keyout", key, "-out", authority],
        ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE",
         "-CA", authority, "-CAkey", key, "-keyout", server, "-out", certificate],
    ):  # fmt: skip
        subprocess.run([*new, *map(str, more)], check=True, capture_output=True)
    both.write_bytes(server.read_bytes() + certificate.read_bytes())
    return authority, both


class TlsServer:
    """Receives what clients send over TLS, and forwards it to the database if there is one."""

    def __init__(self, certificate: Path, key: Path, upstream: int = 0, client_ca: Path | None = None) -> None:
        self.upstream, self.received = upstream, b""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        if client_ca:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(client_ca)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def _listen(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), self._context.wrap_socket(raw, server_side=True) as client:
            if not self.upstream:
                while part := client.recv(65536):
                    self.received += part
                return
            with socket.create_connection(("127.0.0.1", self.upstream)) as server:
                threading.Thread(target=self._back, args=(server, client), daemon=True).start()
                while part := client.recv(65536):
                    self.received += part
                    server.sendall(part)

    def _back(self, server: socket.socket, client: ssl.SSLSocket) -> None:
        with contextlib.suppress(OSError):
            while part := server.recv(65536):
                client.sendall(part)

    def __exit__(self, *exc: object) -> None:
        self._listener.close()
