"""The mail server, over SMTP (RFC 5321): one message a connection, encrypted unless the operator says otherwise."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from federation.settings import HubSettings

TIMEOUT = 30.0
STARTTLS, TLS = "starttls", "tls"


class MailRefused(Exception):
    """The server will never take this message, or never for this recipient."""


class MailDelayed(Exception):
    """The server is away, does not let us in, or will not take the message just now."""


def deliver(message: EmailMessage, settings: HubSettings) -> None:
    """Hand one message over. Raises `MailRefused` or `MailDelayed`, with the kind of cause and no address in it."""
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise (MailRefused if all(code >= 500 for code in codes) else MailDelayed)(f"recipient {codes}") from error
    except smtplib.SMTPDataError as error:
        raise (MailRefused if error.smtp_code >= 500 else MailDelayed)(f"data {error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        # A name or a password that is not taken is the operator's to mend: the letters wait for that.
        raise MailDelayed(type(error).__name__) from error


def _connected(settings: HubSettings) -> smtplib.SMTP:
    """A connection, encrypted as the settings say. Raises `OSError` or `smtplib.SMTPException`."""
    where = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_security == TLS:
        return smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=_trust(settings))
    server = smtplib.SMTP(*where, timeout=TIMEOUT)
    if settings.smtp_security == STARTTLS:
        try:
            server.starttls(context=_trust(settings))
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
    return server


def _trust(settings: HubSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.smtp_ca_bundle or None)
