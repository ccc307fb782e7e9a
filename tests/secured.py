"""Apache Kafka with doors that are locked: TLS with a password, TLS with our certificate."""

from __future__ import annotations

import os
from pathlib import Path

from tests.broker import Broker, free_ports
from tests.certificates import Authority

ADDRESS = "127.0.0.1"
USER = "tidegate"
# Characters that a careless configuration would trip over.
PASSWORD = "corr=ct h0rse; b%ttery"

LISTENERS = """
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},\
SASL://127.0.0.1:{sasl},CERT://127.0.0.1:{cert}
advertised.listeners=BROKER://127.0.0.1:{port},\
SASL://127.0.0.1:{sasl},CERT://127.0.0.1:{cert}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,CERT:SSL
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.cert.ssl.client.auth=required
listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config={plain} required user_{user}="{password}";
listener.name.sasl.scram-sha-256.sasl.jaas.config={scram} required;
listener.name.sasl.scram-sha-512.sasl.jaas.config={scram} required;
"""
MODULES = "org.apache.kafka.common.security"


class SecuredBroker(Broker):
    """Has two doors more: `sasl` (SASL_SSL) and `cert` (SSL, asks for a certificate).

    Both are `host:port`. Its certificate is for 127.0.0.1, not for localhost.
    """

    def __init__(self, directory: Path) -> None:
        """directory: for certificates. Look at `kind` before `start`: it has to be `kafka`."""
        # Never the broker that is given: it has none of this.
        given = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
        super().__init__(given)
        self.authority = Authority(directory)
        self.client = self.authority.issue("client", ADDRESS)
        certificate, key = self.authority.issue("broker", ADDRESS)
        self._keystore = directory / "keystore.pem"
        self._keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
        sasl, cert = free_ports(2)
        self._doors = {"sasl": sasl, "cert": cert}
        self.sasl, self.cert = f"{ADDRESS}:{sasl}", f"{ADDRESS}:{cert}"

    def _properties(self) -> str:
        return super()._properties() + LISTENERS.format(
            port=self._port,
            controller=self._controller_port,
            keystore=self._keystore,
            authority=self.authority.path,
            plain=f"{MODULES}.plain.PlainLoginModule",
            scram=f"{MODULES}.scram.ScramLoginModule",
            user=USER,
            password=PASSWORD,
            **self._doors,
        )

    def _users(self) -> list[str]:
        return [
            option
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for option in ("-S", f'{mechanism}=[name="{USER}",password="{PASSWORD}"]')
        ]
