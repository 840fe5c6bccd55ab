// The sound of a new emergency: two tones, made here. It is off until the officer turns it on, since a browser lets a page be
// heard only after a tap.

import { signal } from "@preact/signals";

const KEPT = "rings";
const TONES = [660, 880] as const;
const TONE_SECONDS = 0.35;
const TIMES = 3;

let context: AudioContext | undefined;

function keptRings(): boolean {
  try {
    return localStorage.getItem(KEPT) === "1";
  } catch {
    return false; // a browser may refuse storage
  }
}
/** whether a new emergency is heard and marks the page's title */
export const rings = signal(keptRings());

export function sound(): void {
  context ??= new AudioContext();
  void context.resume();
  for (let i = 0; i < TIMES * TONES.length; i++) {
    const from = context.currentTime + i * TONE_SECONDS;
    const tone = new OscillatorNode(context, { frequency: TONES[i % TONES.length]! });
    const volume = new GainNode(context, { gain: 0.25 });
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + TONE_SECONDS * 0.85);
  }
}

/** Turns the bell on or off. Turning it on lets it be heard once. */
export function setRings(on: boolean): void {
  rings.value = on;
  if (on) sound();
  try {
    localStorage.setItem(KEPT, on ? "1" : "0");
  } catch {}
}
