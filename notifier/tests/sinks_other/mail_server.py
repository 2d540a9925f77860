"""A mail server for the tests: checks what it gets, and writes each message as a line of JSON.

Arguments: port, file for the messages, mode (none, starttls, implicit), and for TLS the files of certificate and key.
With TLS one must log in, as saker with the password geheim. Two recipients are special: gone@ is refused for good, and
slow@ is refused for the time being until the file SLOW.ok is there.
"""

import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

port, messages, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 no such user"
        if address.startswith("slow@") and not os.path.exists(messages + ".ok"):
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        parsed = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        assert not parsed.defects, parsed.defects
        lines = envelope.original_content.split(b"\r\n")
        assert all(len(line) <= 998 and b"\n" not in line for line in lines), "lines"
        part = lambda kind: parsed.get_body((kind,)).get_content() if parsed.get_body((kind,)) else None
        line = {
            "from": envelope.mail_from,
            "rcpt": envelope.rcpt_tos,
            "headers": {name: str(value) for name, value in parsed.items()},
            "count": {name: len(parsed.get_all(name)) for name in parsed.keys()},
            "plain": part("plain"),
            "html": part("html"),
            "encrypted": server.transport.get_extra_info("ssl_object") is not None,
            "authenticated": session.authenticated,
            "peer": session.peer[1],
        }
        with open(messages, "a") as file:
            file.write(json.dumps(line) + "\n")
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"saker", b"geheim")
    return AuthResult(success=good, handled=good)


async def main():
    context = None
    if mode != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
    login = {} if mode == "none" else {"auth_required": True, "authenticator": authenticate}
    if mode == "starttls":
        login.update(tls_context=context, require_starttls=True)
    if mode == "implicit":
        login.update(auth_require_tls=False)
    make = lambda: SMTP(Handler(), hostname="mail.test", **login)
    at_once = context if mode == "implicit" else None
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port, ssl=at_once)
    async with server:
        await server.serve_forever()


asyncio.run(main())
