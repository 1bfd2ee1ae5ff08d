"""Access tokens as JWTs: what they say, and the signatures, whose library is loaded when the first is needed."""

from doorward.adapters.jwt.issuer import JwtTokenIssuer

__all__ = ["JwtTokenIssuer"]
