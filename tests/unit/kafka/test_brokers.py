"""The client's configuration for brokers with TLS and a login."""

from logshipper.kafka.brokers import Brokers, Sasl, Tls


def test_without_tls_and_login_the_protocol_is_plain() -> None:
    made = Brokers(["a:9092", "b:9092"], "me").configuration()
    assert (made["bootstrap.servers"], made["client.id"]) == ("a:9092,b:9092", "me")
    assert made["security.protocol"] == "plaintext"
    assert not [name for name in made if name.startswith(("ssl", "sasl"))]


def test_tls_and_a_login_choose_the_protocol() -> None:
    login = Sasl("SCRAM-SHA-512", "shipper", "a secret")
    assert Brokers(["a:1"], tls=Tls()).configuration()["security.protocol"] == "ssl"
    assert Brokers(["a:1"], sasl=login).configuration()["security.protocol"] == "sasl_plaintext"
    made = Brokers(["a:1"], tls=Tls(ca="/ca.pem", verify=False), sasl=login).configuration()
    assert made["security.protocol"] == "sasl_ssl"
    assert (made["ssl.ca.location"], made["enable.ssl.certificate.verification"]) == ("/ca.pem", False)
    assert (made["sasl.mechanism"], made["sasl.username"]) == ("SCRAM-SHA-512", "shipper")
    assert "ssl.key.location" not in made
    assert "ssl.key.password" not in made
    with_key = Brokers(["a:1"], tls=Tls(cert="/c.pem", key="/k.pem", key_password="opens it")).configuration()
    assert (with_key["ssl.key.location"], with_key["ssl.key.password"]) == ("/k.pem", "opens it")


def test_the_password_is_not_shown() -> None:
    assert "a secret" not in repr(Brokers(["a:1"], sasl=Sasl("PLAIN", "shipper", "a secret")))
    assert "a secret" not in repr(Brokers(["a:1"], tls=Tls(key_password="a secret")))
