"""The service is killed under load, again and again: nothing that was acknowledged is lost."""

import os
import random
import threading
import time
from collections import Counter

import httpx2
import pytest

KILLS = int(os.environ.get("TEST_KILLS", "5"))
SENDERS = 6
PASSWORD = "trains and tea"


class Load:
    """Sign-ups from several threads; remembers which were acknowledged and which were in flight at a kill."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.acknowledged: list[str] = []
        self.asked: set[str] = set()
        self.in_flight: set[str] = set()
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(SENDERS)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self.threads:
            thread.join()

    def _run(self, sender: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            self._sign_up(f"crash-{sender}-{turn}@example.com")

    def _sign_up(self, email: str) -> None:
        with self._lock:
            self.asked.add(email)
            self.in_flight.add(email)
        try:
            answer = httpx2.post(f"{self._url}/v1/users", json={"email": email, "password": PASSWORD}, timeout=20)
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            with self._lock:
                if answer.status_code == 201:
                    self.acknowledged.append(email)
        finally:
            with self._lock:
                self.in_flight.discard(email)


@pytest.mark.slow
def test_kill_nine_loses_nothing(launch, mailbox, capsys):
    """Every acknowledged sign-up exists after each restart and its mail arrives; nothing is mailed without cause."""
    service = launch(profile="code-activation")
    load = Load(service.url)
    load.start()
    caught = 0
    for _ in range(KILLS):
        time.sleep(random.uniform(0.2, 0.9))
        caught += bool(load.in_flight)
        service.kill()
        known = list(load.acknowledged)
        service.start()
        stored = {row["email"] for row in service.rows("SELECT email FROM users")}
        assert set(known) <= stored
    load.stop()

    started = time.monotonic()
    for email in load.acknowledged:
        mailbox.wait_for(email, timeout=90)
    drained = time.monotonic() - started
    users = {row["email"] for row in service.rows("SELECT email FROM users")}
    letters = Counter({email: len(mailbox.messages(email)) for email in load.asked})
    mailed = {email for email, count in letters.items() if count}
    twice = sum(count - 1 for count in letters.values() if count)
    with capsys.disabled():
        print(
            f"\nkills {KILLS}, with requests in flight {caught}, acknowledged {len(load.acknowledged)}, "
            f"accounts {len(users)}, letters {sum(letters.values())}, of them repeated {twice}, "
            f"last letter {drained:.1f} s after the last restart"
        )

    assert caught >= KILLS * 0.6
    assert set(load.acknowledged) <= users
    assert mailed <= users


def test_a_repeated_letter_carries_the_same_code_and_id(launch, mailbox):
    """A letter that the mail server may have taken before the crash can be recognised and its code still counts."""
    service = launch(profile="code-activation")
    email = "again@example.com"
    with mailbox.refusing(451):
        answer = service.client().post("/v1/users", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201
        assert service.logged("request", timeout=5)
        time.sleep(0.5)
        service.kill()
    service.start()
    code = mailbox.code(email, timeout=60)

    answer = service.client().post("/v1/users/activate", json={"code": code}, auth=(email, PASSWORD))

    assert answer.status_code == 200
