/**
 * The loudspeaker: plays a tone over and over until told otherwise.
 *
 * Promises: one tone at a time; the pattern tells the severity without a look at the screen. Browsers keep silent
 * until a person has clicked: `enable` must be called from a click, and `running` says whether sound really comes.
 * Leaves to others: which tone is due (`sounding`).
 */
import type { Tone } from "./sounding";

interface Beep {
  /** Seconds after the pattern's begin. */
  at: number;
  seconds: number;
  hertz: number;
}

interface Pattern {
  beeps: readonly Beep[];
  everyMs: number;
  volume: number;
}

/** Urgency rises with pitch, with the number of beeps and with how soon they come again (after IEC 60601-1-8). */
export const PATTERNS: Record<Tone, Pattern> = {
  life_safety: {
    beeps: [0, 0.25, 0.5, 0.75].flatMap((at) => [
      { at, seconds: 0.12, hertz: 1046 },
      { at: at + 0.125, seconds: 0.12, hertz: 784 },
    ]),
    everyMs: 1400,
    volume: 0.5,
  },
  urgent: {
    beeps: [0, 0.2, 0.4].map((at) => ({ at, seconds: 0.14, hertz: 880 })),
    everyMs: 2000,
    volume: 0.4,
  },
  important: {
    beeps: [0, 0.25].map((at) => ({ at, seconds: 0.16, hertz: 660 })),
    everyMs: 6000,
    volume: 0.3,
  },
  general: { beeps: [{ at: 0, seconds: 0.2, hertz: 440 }], everyMs: 15000, volume: 0.25 },
};

const RAMP_S = 0.015;

export class Speaker {
  private context: AudioContext | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private tone: Tone | undefined;

  constructor(private readonly onChange: () => void) {}

  get running(): boolean {
    return this.context?.state === "running";
  }

  /** Open the loudspeaker. Call from a click. */
  async enable(): Promise<void> {
    if (this.context === undefined) {
      this.context = new AudioContext();
      this.context.addEventListener("statechange", this.onChange);
    }
    await this.context.resume();
    if (this.tone !== undefined) this.sound(PATTERNS[this.tone]);
    this.onChange();
  }

  /** Close it until the next `enable`. */
  async disable(): Promise<void> {
    await this.context?.suspend();
    this.onChange();
  }

  /** Play this tone from now on; undefined is silence. The same tone again changes nothing. */
  play(tone: Tone | undefined): void {
    if (tone === this.tone) return;
    clearInterval(this.timer);
    this.tone = tone;
    if (tone === undefined) return;
    this.sound(PATTERNS[tone]);
    this.timer = setInterval(() => this.sound(PATTERNS[tone]), PATTERNS[tone].everyMs);
  }

  private sound(pattern: Pattern): void {
    if (this.context?.state !== "running") return;
    for (const beep of pattern.beeps) this.beep(this.context, beep, pattern.volume);
  }

  private beep(context: AudioContext, beep: Beep, volume: number): void {
    const begin = context.currentTime + beep.at;
    const end = begin + beep.seconds;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(volume, begin + RAMP_S);
    gain.gain.setValueAtTime(volume, end - RAMP_S);
    gain.gain.linearRampToValueAtTime(0, end);
    const oscillator = context.createOscillator();
    oscillator.type = "triangle";
    oscillator.frequency.value = beep.hertz;
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(begin);
    oscillator.stop(end);
  }
}
