/** Pictures that a reader brings: dropped, chosen, pasted, or taken with the camera. They do not leave the browser. */

import type { Text } from "../data";
import { add, h, put } from "../dom";
import { decoded } from "./canvas";
import type { Raster } from "./raster";

/** As `etudes use` limits them. */
const MOST_BYTES = 25_000_000;
const MOST_PIXELS = 50_000_000;

/** Buttons that ask for a picture. While they are on the page, one may be dropped or pasted anywhere on it.
 *
 * @param taken called with each picture that could be opened.
 */
export function pictureDrop(taken: (picture: Raster) => void): HTMLElement {
  const said = h("p", { class: "drop-said", role: "status" });
  const take = async (file: Blob | null | undefined) => {
    if (!file) return;
    put(said);
    const found = await opened(file);
    if ("data" in found) taken(found);
    else put(said, found);
  };
  const buttons = h(
    "div",
    { class: "drop-buttons" },
    chooser({ en: "Choose a picture", zh: "选择图片" }, false, take),
    matchMedia("(pointer: coarse)").matches && chooser({ en: "Use the camera", zh: "拍照" }, true, take),
  );
  const element = h("div", { class: "drop" }, buttons);
  add(element, h("p", { class: "hint" }, HINT), said);
  followDocument(element, take);
  return element;
}

const HINT = {
  en: "Or drop one anywhere on this page, or paste one. It stays on your device.",
  zh: "也可以把图片拖到页面任意处，或直接粘贴。图片不会离开你的设备。",
};

type Take = (file: Blob | null | undefined) => Promise<void>;

function chooser(named: Text, camera: boolean, take: Take): HTMLElement {
  const input = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    capture: camera ? "environment" : undefined,
    onchange: () => {
      void take(input.files?.[0]);
      input.value = ""; // so that the same may be chosen again
    },
  });
  const button = h("button", { type: "button", onclick: () => input.click() }, named);
  return h("span", null, button, input);
}

function followDocument(element: HTMLElement, take: Take): void {
  const brings = (transfer: DataTransfer | null) => element.isConnected && transfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!brings(event.dataTransfer)) return;
    event.preventDefault();
    element.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) element.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!brings(event.dataTransfer)) return;
    event.preventDefault();
    element.classList.remove("over");
    void take(event.dataTransfer?.files[0]);
  });
  document.addEventListener("paste", (event) => {
    if (!brings(event.clipboardData)) return;
    event.preventDefault();
    void take(event.clipboardData?.files[0]);
  });
}

/** The picture in a file, or what is wrong with it, in a line. */
export async function opened(file: Blob): Promise<Raster | Text> {
  const name = file instanceof File ? file.name.slice(-60) : "";
  if (file.size > MOST_BYTES) {
    return { en: `${name} is larger than 25 MB: save it smaller.`, zh: `${name} 超过 25 MB，请缩小后再试。` };
  }
  try {
    const picture = await decoded(file);
    if (picture.height * picture.width <= MOST_PIXELS) return picture;
    return {
      en: `${name} has more than 50 million pixels: save it smaller.`,
      zh: `${name} 超过五千万像素，请缩小后再试。`,
    };
  } catch {
    return {
      en: `This browser cannot open ${name || "it"} as a picture: save it as JPEG or PNG.`,
      zh: `浏览器无法把 ${name || "它"} 当作图片打开，请另存为 JPEG 或 PNG。`,
    };
  }
}
