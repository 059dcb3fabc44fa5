"""Functions whose value depends on the machine, the configuration, the time or chance."""

from __future__ import annotations

ENVIRONMENT = frozenset(
    (
        *(
            "Application.get_env",
            "Application.fetch_env",
            "Application.fetch_env!",
            "Application.get_all_env",
        ),
        *("Application.compile_env", "Application.compile_env!"),
        *("System.get_env", "System.fetch_env", "System.fetch_env!"),
        *("Mix.env", "Mix.target", ":os.getenv", "Node.self"),
    )
)
CLOCK_AND_CHANCE = frozenset(
    (
        *(
            "DateTime.utc_now",
            "DateTime.now",
            "DateTime.now!",
            "NaiveDateTime.utc_now",
            "NaiveDateTime.local_now",
        ),
        *("Date.utc_today", "Time.utc_now", "System.os_time", "System.system_time", "System.unique_integer"),
        *("Ecto.UUID.generate", "Ecto.UUID.bingenerate", "UUID.uuid4", "Enum.random", "Enum.shuffle"),
        *(":rand.uniform", ":crypto.strong_rand_bytes"),
    )
)


def is_outside(module: str, function: str) -> bool:
    name = f"{module}.{function}"
    return name in ENVIRONMENT or name in CLOCK_AND_CHANCE
