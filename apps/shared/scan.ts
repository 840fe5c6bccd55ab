// Reads QR codes from the camera or from a picture: by the platform's BarcodeDetector where there is one, else by `qr`.

import { decodeQR } from "qr/decode.js";

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
declare const BarcodeDetector: (new (options: {
  formats: string[];
}) => Detector) & {
  getSupportedFormats(): Promise<string[]>;
};

const EVERY_MS = 120;
/** longest side of the picture that is searched, in pixels */
const CAMERA_SIDE = 800;
const PICTURE_SIDE = 1600;

async function platformDetector(): Promise<Detector | undefined> {
  if (!("BarcodeDetector" in globalThis)) return undefined;
  return (await BarcodeDetector.getSupportedFormats()).includes("qr_code")
    ? new BarcodeDetector({ formats: ["qr_code"] })
    : undefined;
}

type Source = HTMLVideoElement | ImageBitmap;
const sizeOf = (source: Source): [number, number] =>
  "videoWidth" in source ? [source.videoWidth, source.videoHeight] : [source.width, source.height];

function read(source: Source, longest: number, canvas: HTMLCanvasElement): string | undefined {
  const [width, height] = sizeOf(source);
  const scale = Math.min(1, longest / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    return undefined; // no code in it
  }
}

/**
 * Shows the camera in `video`, and calls `found` once with the first code that `accepts` takes.
 * @returns a function that stops the camera
 * @throws DOMException NotAllowedError if the person refuses, NotFoundError if there is no camera
 */
export async function scanCamera(
  video: HTMLVideoElement,
  accepts: (text: string) => boolean,
  found: (text: string) => void,
): Promise<() => void> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 } },
  });
  video.srcObject = stream;
  await video.play();
  const detector = await platformDetector();
  const canvas = document.createElement("canvas");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  const look = async (): Promise<void> => {
    if (stopped) return;
    const text =
      video.videoWidth === 0
        ? undefined
        : detector
          ? (await detector.detect(video))[0]?.rawValue
          : read(video, CAMERA_SIDE, canvas);
    if (stopped) return;
    if (text !== undefined && accepts(text)) {
      stop();
      found(text);
    } else timer = setTimeout(() => void look(), EVERY_MS);
  };
  timer = setTimeout(() => void look(), 0);
  return stop;
}

/** The code in a photo or screenshot. */
export async function scanPicture(file: Blob): Promise<string | undefined> {
  const picture = await createImageBitmap(file);
  try {
    return read(picture, PICTURE_SIDE, document.createElement("canvas"));
  } finally {
    picture.close();
  }
}
