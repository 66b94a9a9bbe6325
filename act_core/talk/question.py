"""What a person asks, of whom, and how the answer is drawn."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from act_core.recipe import Section

TARGET, RESULT, MASK = "target", "result", "mask"


class Sampling(Section):
    """How tokens are drawn. At temperature zero the likeliest one is taken, always."""

    temperature: Annotated[float, Field(ge=0, le=5)] = Field(
        default=0.0, description="Zero takes the likeliest token."
    )
    top_p: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Only the likeliest tokens that together have this probability."
    )
    top_k: int = Field(default=0, ge=0, description="Only that many tokens; zero: all.")
    repetition_penalty: Annotated[float, Field(gt=0, le=5)] = Field(
        default=1.0, description="Above one, tokens that were there already become less likely."
    )
    new_tokens: int = Field(default=128, ge=1, description="Longest answer.")
    seed: int = Field(default=0, ge=0, lt=2**63)


class Turn(Section):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Ask(Section):
    """A conversation with one candidate; its last turn waits for the answer."""

    candidate: str = Field(description="target, result, mask, or the name of a specialist.")
    turns: tuple[Turn, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _waits(self) -> Ask:
        if self.turns[-1].role == "assistant":
            raise ValueError("the last turn is an answer already")
        return self


class Question(Section):
    """The same question to several candidates, which answer one after the other."""

    asks: tuple[Ask, ...] = Field(min_length=1)
    chat: bool | None = Field(
        default=None, description="Use the chat template; by default where the model has one."
    )
    sampling: Sampling = Sampling()
    strength: Annotated[float, Field(ge=0, le=2)] = Field(
        default=1.0, description="Of the candidate mask."
    )
