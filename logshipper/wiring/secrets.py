"""Secrets and certificates: from a setting or a file, checked when they are read, and known to what prints messages."""

import os
from pathlib import Path

from logshipper.errors import Location, UserError
from logshipper.printable import keep_secret
from logshipper.settings.options import InfluxServers, KafkaServers


def secret_of(value: str, file: str, where: str | Location) -> str:
    """Return a secret, from its file if there is one. Raises UserError for a file that others can read, or no line."""
    if file:
        value = _read(file, where)
    if not value.isprintable():
        source, fix = (file, "write one line into it") if file else ("the secret", "use printable characters")
        raise UserError(f"{source} is not one line of printable text", where=where, fix=fix)
    keep_secret(value)
    return value


def check_certificates(options: InfluxServers | KafkaServers, key_password: str = "") -> None:
    """Raise UserError for a certificate file that cannot be read or used."""
    for key, file in (("tls_ca", options.tls_ca), ("tls_cert", options.tls_cert), ("tls_key", options.tls_key)):
        if file and not os.access(file, os.R_OK):
            fix = f"correct {key}, or make the file readable"
            raise UserError(f"cannot read {file}", where=options.at(key), fix=fix)
    if options.tls_ca or options.tls_cert:
        _try_certificates(options, key_password)


def _try_certificates(options: InfluxServers | KafkaServers, key_password: str) -> None:
    """Load the certificates as a client does: what it would stumble over later is said before the start."""
    import ssl  # not everybody needs it

    context, key = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "tls_ca"
    try:
        if options.tls_ca:
            context.load_verify_locations(options.tls_ca)
        key = "tls_cert"
        if options.tls_cert:  # the password as a function: otherwise OpenSSL asks whoever sits at the terminal
            context.load_cert_chain(options.tls_cert, options.tls_key or None, password=lambda: key_password)
    except (OSError, ValueError) as error:  # the second is a password that is too long
        raise _unusable(options, key) from error


def _unusable(options: InfluxServers | KafkaServers, key: str) -> UserError:
    """Return what is wrong with certificates that do not load; what OpenSSL says is of no help."""
    if key == "tls_ca":
        fix = "give a file with the certificate of the authority, PEM"
        return UserError(f"{options.tls_ca} holds no certificate", where=options.at(key), fix=fix)
    fix = "give the certificate and its key, PEM; a key with a password "
    fix += "needs tls_key_pwd" if isinstance(options, KafkaServers) else "cannot be used here: remove it (openssl pkey)"
    pair = f"{options.tls_cert} and {options.tls_key}" if options.tls_key else options.tls_cert
    return UserError(f"{pair}: no certificate with its key, or its password is wrong", where=options.at(key), fix=fix)


def _read(file: str, where: str | Location) -> str:
    try:
        if os.stat(file).st_mode & 0o007:
            raise UserError(f"other users can read {file}", where=where, fix=f"chmod o= {file}")
        value = Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}", where=where, fix="make the file readable") from error
    except UnicodeDecodeError:
        raise UserError(f"{file} is not UTF-8", where=where, fix="write one line into it") from None
    if not value:
        raise UserError(f"{file} is empty", where=where, fix="write the secret into it")
    return value
