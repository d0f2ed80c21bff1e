"""The bench's ECS in all accounts and regions, and what tests say to it."""

import ecs_rollout as rollout
from ecs_api import Api
from ecs_world import World


class Worlds:
    """All accounts and regions."""

    def __init__(self, resolve):
        self.resolve, self.worlds = resolve, {}

    def clear(self):
        self.worlds.clear()

    def world(self, account, region):
        return self.worlds.setdefault((account, region), World(account, region, self.resolve))

    # ---- what tests say -------------------------------------------------------------------------------------------------

    def command(self, verb, given):
        world = self.world(given.get("account") or "123456789012", given.get("region") or "eu-west-1")
        with world.lock:
            if verb == "service":
                made = world.make(given)
                return {"service_arn": made.arn, "cluster_arn": f"arn:aws:ecs:{world.place}:cluster/{made.cluster}",
                        "task_definition_arn": made.primary.definition, "deployment_id": made.primary.id}
            service = world.find(given["cluster"], given["service"], missing=False) or \
                world.services[f"arn:aws:ecs:{world.place}:service/{given['cluster']}/{given['service']}"]
            if verb == "scenario":
                turn = given.get("for", "next")
                (service.task_scenarios if turn == "task" else service.scenarios).append(
                    {"for": "next" if turn == "task" else turn, "steps": given["steps"]})
                return {}
            if verb == "show":
                rollout.advance(service)
                counts = {}
                for _, name in world.calls:
                    counts[name] = counts.get(name, 0) + 1
                family = f"{service.cluster}-{service.name}"
                return {"service": Api(world).service(service), "tasks": service.tasks, "updates": service.updates, "calls": counts,
                        "definitions": [world.definitions[arn] for arn in world.families.get(family, [])], "call_times": world.calls,
                        "looks": service.primary.looks if service.primary else 0,
                        "one_off": [entry["request"] for entry in world.one_off.values()]}
        raise KeyError(verb)
