"""Pays from Python, with a client that a generator made from openapi.json.

Run by `npm run python-client`, or by hand:
    pip install openapi-python-client==0.29.1
    openapi-python-client generate --path openapi.json --output-path python-client
    PYTHONPATH=python-client python examples/python/pay.py http://localhost:3000 SYSTEM_EMAIL SYSTEM_PASSWORD
"""

import sys
from uuid import uuid4

from passbook_client import AuthenticatedClient, Client
from passbook_client.api.accounts import get_balance, open_account
from passbook_client.api.sign_in import register, sign_in
from passbook_client.api.system import fund_account
from passbook_client.api.transactions import make_transaction
from passbook_client.models import (
    FundAccountRequest,
    OpenAccountRequest,
    Problem,
    RegisterRequest,
    SignInRequest,
    TransferRequest,
)

url, system_email, system_password = sys.argv[1:]


def visitor():
    # A client for each person, since it keeps the cookie of its session
    return Client(base_url=url)


def person(name):
    email = f"{name.lower()}-{uuid4().hex[:8]}@example.com"
    request = RegisterRequest(name=name, email=email, password="correct horse battery")
    return AuthenticatedClient(base_url=url, token=register.sync(client=visitor(), body=request).token)


ada, bob = person("Ada"), person("Bob")
system_user = sign_in.sync(client=visitor(), body=SignInRequest(email=system_email, password=system_password))
system = AuthenticatedClient(base_url=url, token=system_user.token)

source = open_account.sync(client=ada, body=OpenAccountRequest(name="Everyday")).account
payee = open_account.sync(client=bob, body=OpenAccountRequest()).account
fund_account.sync(
    client=system,
    body=FundAccountRequest(to_account=source.id, amount=10_000, idempotency_key=str(uuid4())),
)


def pay(amount, key):
    request = TransferRequest(
        from_account=source.id, to_account=payee.id, amount=amount, description="lunch", idempotency_key=key
    )
    return make_transaction.sync(client=ada, body=request)


# The same key twice moves the money once
key = str(uuid4())
paid, again = pay(2_550, key), pay(2_550, key)
assert paid.transaction.id == again.transaction.id
assert get_balance.sync(source.id, client=ada).balance == 7_450

refused = pay(1_000_000, str(uuid4()))
assert isinstance(refused, Problem)
print(f"Paid 25.50. Refused 10,000.00: {refused.code.value}, retry {refused.retry.value}")
