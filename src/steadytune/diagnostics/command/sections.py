"""The figures of a diagnosis: drawings with headings, and captions that say how to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Literal

from ..._page.content import Figure, Panel, Section, kept
from ..._page.palette import LIGHT, slots
from ..._page.svg import Drawing, Frame
from .. import NoiseProfile, drawing
from ..drawing.lines import Quantity
from .diagnosis import Diagnosis
from .measure import JACOBIAN_EXAMPLES

_WIDTH, _LEFT, _BOTTOM = 340.0, 62.0, 44.0
_FEW_TOKENS = 0.01
_FRAME = Frame(_WIDTH, 270.0, _LEFT, _BOTTOM)


def sections(found: Diagnosis) -> tuple[Section, ...]:
    """All sections for which something was measured."""
    made = (
        _attenuation(found, "gaussian", "Gaussian"),
        _attenuation(found, "in_manifold", "in-manifold"),
        _amplification(found),
        *_outputs(found),
        _jacobians(found),
        _ranks(found),
        _drift(found),
        _likeness(found),
    )
    return kept(*made)


def slots_of(found: Diagnosis) -> dict[str, int]:
    """The colour of each model: grey for the first."""
    labels = [model.label for model in found.models]
    return slots(labels, labels[0])


def _section(
    title: str, reading: str, panels: tuple[Panel, ...], legend: Iterable[str] = ()
) -> Section:
    """Drawings that belong together, with how to read them; empty without a drawing."""
    small = len(panels) not in (1, 2, 4)
    return Section(title, kept(Figure(reading, panels, tuple(legend), small)))


def _attenuation(found: Diagnosis, name: str, words: str) -> Section:
    profiles: dict[str, NoiseProfile] = {m.label: getattr(m, name) for m in found.models}
    limit = drawing.attenuation_limit(profiles.values())
    panels = tuple(
        _panel(
            f"{name}-{i}",
            label,
            _describe(label, profile),
            partial(drawing.draw_attenuation, profile, limit=limit),
            label,
        )
        for i, (label, profile) in enumerate(profiles.items())
    )
    kinds = {
        "gaussian": "The noise is Gaussian: every direction is equally likely.",
        "in_manifold": "The noise points from each token towards a random token of another example "
        "(this project's reading of the papers' in-manifold noise), its length as before.",
    }
    size = f"{100 * found.relative_noise:g} %"
    reading = (
        f"{kinds[name]} A line starts with a dot at the layer whose output gets noise of {size} of "
        f"its norm, and follows how far each higher layer moves, in % of its own norm. Falling: "
        f"the model dampens noise. Rising: it is brittle. The number at a line's end is the layer "
        f"where it starts (0 is the embeddings); the band is one standard deviation over examples."
        f"{_undirected(profiles)}"
    )
    return _section(f"How {words} noise fades through the layers", reading, panels)


def _undirected(profiles: Mapping[str, NoiseProfile]) -> str:
    share = max(max(profile.undirected) for profile in profiles.values())
    if share < _FEW_TOKENS:
        return ""
    return (
        f" For up to {100 * share:.0f} % of the tokens there was no such direction: their noise is "
        "Gaussian. More examples give more directions."
    )


def _amplification(found: Diagnosis) -> Section:
    limit = drawing.amplification_limit(m.gaussian for m in found.models)
    panels = tuple(
        _panel(
            f"amplification-{i}",
            m.label,
            f"By what factor Gaussian noise grows between the layers of {m.label}.",
            partial(drawing.draw_amplification, m.gaussian, limit=limit),
            m.label,
        )
        for i, m in enumerate(found.models)
    )
    reading = (
        "By what factor Gaussian noise has grown on its way from one layer (row) to another "
        "(column), relative to the norms there. Blue, below 1: it has faded. Orange, above 1: it "
        "has grown."
    )
    return _section("Where noise grows and where it fades", reading, panels)


def _outputs(found: Diagnosis) -> Iterator[Section]:
    """One section for each kind of prediction, since they do not share an axis."""
    measured = {m.label: m.outputs for m in found.models if m.outputs is not None}
    for kind in dict.fromkeys(data.kind for data in measured.values()):
        group = {label: data for label, data in measured.items() if data.kind == kind}
        headings: dict[Quantity, str] = {
            "change": "How often the answer changes",
            "divergence": "How far the probabilities move",
            "margin_change": "What the answer's lead loses",
        }
        if kind == "values":
            headings = {"change": "How far the value moves", "divergence": "Its square"}
        yield _section(
            "What noise does to the predictions",
            "Gaussian noise enters at layer 0, from small to half of the hidden state's norm; mean "
            "over examples and draws, the band is the standard error over examples. A stable model "
            "keeps its answers." + _without_head(found),
            tuple(
                _panel(
                    f"outputs-{kind}-{name}",
                    heading,
                    f"{heading} with the size of the noise, for {', '.join(group)}.",
                    partial(drawing.draw_sensitivity, group, name, colours=_colours(found, group)),
                )
                for name, heading in headings.items()
            ),
            group,
        )


def _without_head(found: Diagnosis) -> str:
    bare = [m.label for m in found.models if m.outputs is None]
    return f" Without a head there is no prediction: {', '.join(bare)}." if bare else ""


def _jacobians(found: Diagnosis) -> Section:
    shown: list[tuple[str, Literal["gain", "spectral"], str]] = [
        ("jacobian", "gain", "Typical factor, to the top layer"),
        ("jacobian", "spectral", "Largest factor, to the top layer"),
        ("blocks", "gain", "Typical factor of one block"),
        ("blocks", "spectral", "Largest factor of one block"),
        ("logits", "spectral", "Largest factor, to the logits"),
    ]
    panels = []
    for name, quantity, heading in shown:
        group = {m.label: norms for m in found.models if (norms := getattr(m, name)) is not None}
        if group:
            draw = partial(drawing.draw_jacobian, group, quantity, colours=_colours(found, group))
            words = f"{heading}, by the layer that a change enters, for {', '.join(group)}."
            panels.append(_panel(f"{name}-{quantity}", heading, words, draw))
    reading = (
        "By what factor a very small change of one layer's output grows on its way up. Typical: "
        "for a change in a random direction (the Jacobian's Frobenius norm over the root of the "
        "number of coordinates). Largest: for the worst direction there is (its spectral norm, "
        "a local Lipschitz constant). These factors are not relative to the layers' norms. Bars "
        f"are means over {JACOBIAN_EXAMPLES} examples at most, strokes their middle half."
    )
    group_labels = [m.label for m in found.models]
    title = "How steep the upper layers are"
    return _section(title, reading, tuple(panels), group_labels)


def _ranks(found: Diagnosis) -> Section:
    group = {m.label: m.ranks for m in found.models if m.ranks is not None}
    panels = (
        (
            _panel(
                "ranks",
                "Effective rank by layer",
                f"Effective rank of the token representations by layer, for {', '.join(group)}.",
                partial(drawing.draw_ranks, group, colours=_colours(found, group)),
            ),
        )
        if group
        else ()
    )
    reading = (
        "Over how many directions the representations of all tokens spread: exp of the entropy of "
        "their singular values' shares. A fall in the top layers after fine-tuning means that the "
        "representations collapse onto what the task needs."
    )
    return _section("How rich the representations are", reading, panels, group)


def _drift(found: Diagnosis) -> Section:
    # The start itself has not moved.
    group = {
        m.label: m.drift for m in found.models if m.drift is not None and m.drift.distance.any()
    }
    panels = (
        (
            _panel(
                "drift",
                "Relative distance by layer",
                f"Relative distance of the weights from {found.start}, for {', '.join(group)}.",
                partial(drawing.draw_drift, group, colours=_colours(found, group)),
            ),
        )
        if group
        else ()
    )
    reading = (
        f"How far the weights of each layer lie from those of {found.start}: the norm of the "
        "difference over the norm of the start. Above stands for what follows the layers, such as "
        "a pooler. Weights that the start does not have, such as a new head's, do not count."
    )
    return _section("How far the weights have moved", reading, panels, group)


def _likeness(found: Diagnosis) -> Section:
    group = found.similarity
    first = found.models[0].label
    panels: list[Panel] = []
    if group:
        draw = partial(drawing.draw_similarity_by_layer, group, colours=_colours(found, group))
        words = f"Linear CKA with {first} by layer, for {', '.join(group)}."
        panels.append(_panel("likeness", f"With {first}, layer by layer", words, draw))
    for i, (label, data) in enumerate(group.items()):
        maps = partial(drawing.draw_similarity, data, first=first, second=label)
        words = f"Linear CKA between all layers of {first} and of {label}."
        panels.append(_panel(f"likeness-{i}", f"{first} and {label}", words, maps, label))
    reading = (
        "Linear CKA: 1 where two layers hold the same information up to rotation and scale, 0 "
        "where they have nothing in common. Two fine-tuned models that agree below and differ "
        "above have changed their top layers."
    )
    return _section(f"How alike the models are to {first}", reading, tuple(panels), group)


def _panel(
    name: str, heading: str, label: str, draw: Callable[..., None], of: str | None = None
) -> Panel:
    return Panel(heading, Drawing(name, label, _FRAME, draw), name=of)


def _describe(label: str, profile: NoiseProfile) -> str:
    ends = "; ".join(
        f"noise at layer {b} reaches the top with {100 * ratio[-1]:.1f} %"
        for b, ratio in zip(profile.injection, profile.ratio, strict=True)
    )
    return f"Noise through the layers of {label}: {ends}."


def _colours(found: Diagnosis, labels: Iterable[str]) -> list[str]:
    chosen = slots_of(found)
    return [LIGHT[chosen[label]] for label in labels]
