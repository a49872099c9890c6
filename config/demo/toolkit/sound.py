"""Make sounds from arithmetic: tones, pips, beats, ticks and sweeps, as MP3, OGG or WAV."""

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av

RATE = 44_100
CODECS = {".mp3": "libmp3lame", ".ogg": "libopus", ".wav": "pcm_s16le"}
# Opus works at 48 kHz only; the others keep the compact-disc rate.
RATES = {".ogg": 48_000}
_FRAME = 1152
# Ten milliseconds of rise and fall keep a tone from starting and ending with a click.
_RAMP_SECONDS = 0.01


@dataclass(frozen=True)
class Tone:
    """One stretch of sound.

    `seconds` is its length; `hertz` the frequencies that sound together (none: silence); `level` the
    loudness from 0 to 1, shared by all of them; `glide_to` lets a single frequency slide, by equal
    musical steps in equal times; `decay` is the time in seconds in which the sound falls to 1/e
    (0: it stays even), which turns a tone into a tick or a bell.
    """

    seconds: float
    hertz: tuple[float, ...] = ()
    level: float = 0.5
    glide_to: float | None = None
    decay: float = 0.0


def write_tone_story(tones: Sequence[Tone], out: Path, bit_rate: int = 64_000) -> None:
    """Write the tones one after another as mono sound; the suffix (.mp3, .ogg, .wav) chooses the form.

    `bit_rate` is in bits per second. Raises KeyError for any other suffix, ValueError for no sound.
    """
    if not tones:
        raise ValueError("A tone story needs at least one tone.")
    out.parent.mkdir(parents=True, exist_ok=True)
    rate = RATES.get(out.suffix, RATE)
    samples = array("h", (s for tone in tones for s in _samples(tone, rate)))
    with av.open(str(out), "w") as container:
        stream = cast(av.AudioStream, container.add_stream(CODECS[out.suffix], rate=rate, layout="mono"))
        stream.bit_rate = bit_rate
        for frame in _frames(samples, rate):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _samples(tone: Tone, rate: int) -> Iterator[int]:
    count = round(tone.seconds * rate)
    if not tone.hertz:
        yield from (0 for _ in range(count))
        return
    phases = [0.0] * len(tone.hertz)
    scale = 32_000 * tone.level / len(tone.hertz)
    ratio = (tone.glide_to / tone.hertz[0]) ** (1 / count) if tone.glide_to else 1.0
    steps = [2 * math.pi * f / rate for f in tone.hertz]
    for index in range(count):
        loudness = scale * _envelope(tone, index / rate)
        yield int(loudness * sum(map(math.sin, phases)))
        for voice, step in enumerate(steps):
            phases[voice] += step * ratio**index


def _envelope(tone: Tone, moment: float) -> float:
    edge = min(1.0, moment / _RAMP_SECONDS if not tone.decay else 1.0, (tone.seconds - moment) / _RAMP_SECONDS)
    return edge * (math.exp(-moment / tone.decay) if tone.decay else 1.0)


def _frames(samples: "array[int]", rate: int) -> Iterator[av.AudioFrame]:
    size = 960 if rate == RATES[".ogg"] else _FRAME
    for start in range(0, len(samples), size):
        block = samples[start : start + size]
        block.extend([0] * (size - len(block)))
        frame = av.AudioFrame(format="s16", layout="mono", samples=size)
        frame.planes[0].update(block.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame
