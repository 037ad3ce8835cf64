"""A real broker with a listener that wants TLS, a login and rights, beside the plain one of the tests."""

from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)  # fmt: skip

from tests.support.kafka import Kafka
from tests.support.network import free_port
from tests.support.tls import make_authority
from tests.support.waiting import DEADLINE

PLAIN, SCRAM = "PLAIN", "SCRAM-SHA-512"
USERS = {PLAIN: "plain", SCRAM: "scram"}
"""The user of each mechanism."""
PASSWORD = "a long secret"
_LOGIN = "org.apache.kafka.common.security"


@dataclass
class SecureKafka:
    """A broker with the users of `USERS`, who have no rights at first; the plain listener is for the tests alone."""

    kafka: Kafka
    port: int
    authority: Path

    @property
    def address(self) -> str:
        """Return HOST:PORT of the listener with TLS and a login."""
        return f"127.0.0.1:{self.port}"

    def allow(self, user: str, operation: AclOperation, topic: str) -> None:
        """Give a user a right on a topic, or the right to read in the group of that name."""
        kinds = [ResourceType.TOPIC, ResourceType.GROUP] if operation == AclOperation.READ else [ResourceType.TOPIC]
        for kind in kinds:
            self.allow_on(kind, user, operation, topic)

    def allow_on(self, kind: ResourceType, user: str, operation: AclOperation, name: str) -> None:
        """Give a user a right on one kind of thing."""
        acl = AclBinding(
            kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW
        )
        admin = self.kafka.admin()
        admin.create_acls([acl])[acl].result(DEADLINE)

    def settings(self, mechanism: str, more: str = "") -> str:
        """Return what an output or an input needs to get in."""
        return (
            f'  brokers = ["{self.address}"]\n  tls_ca = "{self.authority}"\n  sasl_mechanism = "{mechanism}"\n'
            f'  sasl_username = "{USERS[mechanism]}"\n  sasl_password = "{PASSWORD}"\n{more}'
        )


def secure_kafka(folder: Path) -> SecureKafka:
    """Start one."""
    authority, key = make_authority(folder)
    port, listener = free_port(), "listener.name.sasl_ssl"
    settings = {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": key,
        "sasl.enabled.mechanisms": f"{PLAIN},{SCRAM}",
        f"{listener}.plain.sasl.jaas.config": (
            f'{_LOGIN}.plain.PlainLoginModule required user_{USERS[PLAIN]}="{PASSWORD}";'
        ),
        f"{listener}.scram-sha-512.sasl.jaas.config": f"{_LOGIN}.scram.ScramLoginModule required;",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    kafka = Kafka(folder / "kafka", settings=settings, listeners={"SASL_SSL": port}).start()
    scram = UserScramCredentialUpsertion(
        USERS[SCRAM], ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), PASSWORD.encode()
    )
    admin = kafka.admin()
    admin.alter_user_scram_credentials([scram])[USERS[SCRAM]].result(DEADLINE)
    return SecureKafka(kafka, port, authority)
