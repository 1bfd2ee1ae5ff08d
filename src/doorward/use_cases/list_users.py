"""Look through all accounts."""

from dataclasses import dataclass
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.errors import NotFound
from doorward.domain.identifiers import find_identifier
from doorward.domain.ids import parse_id
from doorward.domain.user import Role, User
from doorward.ports.store import Page, Store, UserQuery


@dataclass(frozen=True, slots=True)
class ListUsers:
    """Show accounts to an administrator."""

    store: Store
    phone_region: str | None = None

    async def __call__(self, query: UserQuery, actor: Actor) -> Page[User]:
        """Accounts that match; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        return await self.store.users.page(query)

    async def count(self, query: UserQuery, actor: Actor, *, at_most: int | None = None) -> int:
        """How many match on all pages together, counted to `at_most`; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        return await self.store.users.count(query, at_most=at_most)

    async def visible(self, query: UserQuery, actor: Actor) -> Page[User]:
        """Accounts that match for an administrator, only himself for anybody else."""
        if actor.user is not None and actor.user.role is not Role.ADMIN:
            return Page([actor.user], None)
        return await self(query, actor)

    async def reachable(self, user_id: UUID, actor: Actor) -> User:
        """Oneself, or anybody for an administrator; NotFound for others and absent ones alike."""
        actor.must_reach(user_id)
        return await self.store.users.get(user_id)

    async def one(self, user_id: UUID, actor: Actor) -> User:
        """One account; NotFound if there is none."""
        actor.must_be_admin()
        return await self.store.users.get(user_id)

    async def named(self, name: str, actor: Actor) -> User:
        """The account with this id, e-mail, phone or user name; NotFound if there is none."""
        actor.must_be_admin()
        user_id = parse_id(name)
        if user_id is not None:
            return await self.store.users.get(user_id)
        identifier = find_identifier(name, self.phone_region)
        user = await self.store.users.find(identifier) if identifier else None
        if user is None:
            raise NotFound
        return user
