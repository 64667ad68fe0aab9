"""In which language a caller hears the prompts: what they chose in the main menu, else what their record says.

The choice is the channel's own language in Asterisk, so that it holds for the dialplan and for every script of the leg.
"""

from ivr import channel_variables as variables
from ivr.hotline import Hotline
from ivr.identify import number_of
from ivr.model.customer import Customer
from ivr.model.incident import Incident
from ivr.phone import Phone
from ivr.prompts.texts import ENGLISH


def greet(hotline: Hotline, phone: Phone) -> Customer | None:
    """Before the first word: whose phone it is decides. Nothing is recognised by that, and nobody's name is said."""
    number = number_of(hotline, phone)
    if (customer := hotline.store.customer_by_phone(number) if number else None) is not None:
        speak_as(phone, customer)
    return customer


def speak_as(phone: Phone, customer: Customer) -> None:
    """Go on in this customer's language, unless the caller chose one in the main menu."""
    if customer.language != phone.language and not phone.get(variables.LANGUAGE_CHOSEN):
        phone.speak(customer.language)


def remember(hotline: Hotline, phone: Phone, incident: Incident) -> None:
    """Write down what the caller hears, when it is news: the engineer is told."""
    if phone.language != incident.language:
        hotline.store.speaks(incident.id, phone.language)


def known_to(language: str) -> tuple[str, ...]:
    """What an engineer is told of the caller's language."""
    return () if language == ENGLISH else ("whisper_spanish",)
