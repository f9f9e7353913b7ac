"""Identity and bank numbers at rest: sealed with AES-GCM (or SM4-GCM), found by keyed hash.

The ciphertext of a value differs every time it is written, so "unchanged" is judged by the hash,
never by the ciphertext. Standard: GB/T 22239-2019 (等保 2.0), data confidentiality.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12
_TAG = 16
_AES, _SM4 = b"\x01", b"\x02"


@cache
def _key(name: str, size: int) -> bytes:
    return hashlib.blake2b(getattr(settings, name).encode(), digest_size=size, person=b"povertyedu").digest()


def seal(text: str) -> bytes:
    """Return the sealed form of ``text``: one byte for the cipher, nonce, ciphertext and tag."""
    return seal_bytes(text.encode())


def sealer() -> Callable[[str], bytes]:
    """Return :func:`seal` for very many texts: settings asked once, nonces drawn by the thousand."""
    if settings.SEALING_CIPHER == "SM4-GCM":
        return seal
    encrypt, drawn = _aes().encrypt, _nonces()

    def seal_next(text: str) -> bytes:
        nonce = next(drawn)
        return _AES + nonce + encrypt(nonce, text.encode(), None)

    return seal_next


def _nonces() -> Iterator[bytes]:
    while True:
        many = os.urandom(_NONCE * 1000)
        for start in range(0, len(many), _NONCE):
            yield many[start : start + _NONCE]


def seal_bytes(plain: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    if settings.SEALING_CIPHER == "SM4-GCM":
        encryptor = Cipher(algorithms.SM4(_key("SEALING_KEY", 16)), modes.GCM(nonce)).encryptor()
        return _SM4 + nonce + encryptor.update(plain) + encryptor.finalize() + encryptor.tag
    return _AES + nonce + _aes().encrypt(nonce, plain, None)


@cache
def _aes() -> AESGCM:
    return AESGCM(_key("SEALING_KEY", 32))


def unseal(sealed: bytes) -> str:
    """Return the text sealed in ``sealed``; raise ``cryptography``'s InvalidTag when it was tampered with."""
    return unseal_bytes(sealed).decode()


def unseal_bytes(sealed: bytes) -> bytes:
    sealed = bytes(sealed)
    cipher, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    if cipher == _SM4:
        mode = modes.GCM(nonce, body[-_TAG:])
        decryptor = Cipher(algorithms.SM4(_key("SEALING_KEY", 16)), mode).decryptor()
        return decryptor.update(body[:-_TAG]) + decryptor.finalize()
    return _aes().decrypt(nonce, body, None)


def keyed_hash(text: str) -> str:
    """Return 32 hex digits that find ``text`` again and tell nothing about it without the key."""
    found = _keyed().copy()
    found.update(text.encode())
    return found.hexdigest()


@cache
def _keyed():
    return hashlib.blake2b(key=_key("HASHING_KEY", 32), digest_size=16)
