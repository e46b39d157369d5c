"""A stay: who lies there, what truly happens and what is done, from one hour to another."""

from dataclasses import dataclass
from random import Random

from deploy.simulate.body import Body
from deploy.simulate.care import Care
from deploy.simulate.chance import chance_of
from deploy.simulate.course import Course
from deploy.simulate.people import Person


@dataclass(frozen=True)
class Stay:
    """What every source of events looks at. Hours are counted from the infusion."""

    seed: int
    person: Person
    course: Course
    care: Care
    body: Body
    from_h: float
    until_h: float

    def chance(self, source: str) -> Random:
        """Make the chance of a source."""
        return chance_of(self.seed, self.person.patient_id, source)

    def sick(self, hours: float) -> float:
        """Return how sick the patient is, in grades of CRS or of an infection."""
        return max(self.body.crs(hours), self.body.infection(hours))
