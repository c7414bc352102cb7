// The living pictures of the first screen: what the studio's networks answered, shown as a film that can be stopped.
// A scene is drawn for a time in seconds and nothing else, so it can be stopped, and is still where motion is unwanted.

const texts = JSON.parse(document.getElementById("texts").textContent);
const say = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const named = (name) => texts.classes[name] ?? name;
const percent = (share) => `${(100 * share).toFixed(1)}%`;
/** Seconds from one picture of a dream to the next. */
const DREAM_STEP = 0.4;
/** How far something is, 0 to 1, that begins and ends at these seconds; slow at both ends. */
const passed = (time, begin, end) => {
  const share = Math.min(1, Math.max(0, (time - begin) / (end - begin)));
  return share * share * (3 - 2 * share);
};

/** An element with a class and children; texts are text. */
function make(kind, name, ...children) {
  const element = document.createElement(kind);
  element.className = name;
  element.append(...children);
  return element;
}

function picture(url, name) {
  const image = make("img", name);
  image.src = url;
  image.alt = "";
  return image;
}

/** Classes with their probabilities as columns over their names. */
function columns(probabilities, title) {
  const entries = Object.entries(probabilities);
  const most = Math.max(...entries.map(([, share]) => share));
  const bars = entries.map(([name, share]) => {
    const column = make("span", share === most ? "column best" : "column", make("i", "bar"), make("b", "", name));
    column.style.setProperty("--share", share);
    return column;
  });
  return make("div", "readers", ...(title ? [make("small", "", title)] : []), make("div", "columns", ...bars));
}

/** Classes with their probabilities as rows. */
function rows(probabilities) {
  const lines = Object.entries(probabilities).map(([name, share]) => {
    const line = make("li", "", make("span", "", named(name)), make("i", "track", make("i", "bar")), make("small", "", percent(share)));
    line.style.setProperty("--share", share);
    return line;
  });
  return make("ol", "rows", ...lines);
}

/** A digit that a pen draws, and the function that draws it as far as a share of its way. */
function pen(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "36 16 208 256");
  svg.setAttribute("class", "pen");
  const strokes = path.split(" M").map((stroke, number) => {
    const line = document.createElementNS(space, "path");
    line.setAttribute("d", (number ? "M" : "") + stroke);
    line.setAttribute("pathLength", "1");
    svg.append(line);
    return line;
  });
  const draw = (share) => {
    for (const [number, line] of strokes.entries()) {
      const done = Math.min(1, Math.max(0, share * strokes.length - number));
      line.style.strokeDashoffset = String(1 - done);
      line.style.opacity = done > 0 ? "1" : "0";
    }
  };
  return { svg, draw };
}

/** The answers of a network: a question, and its characters one after the other. */
function sum(record) {
  const written = record.answer.length + (record.answer.length < record.characters.length ? 1 : 0);
  const cells = record.characters.slice(0, written).map(([character, share]) => {
    const end = character === " ";
    const cell = make("span", end ? "cell end" : "cell", make("b", "", end ? say("end") : character));
    cell.append(make("i", "track", make("i", "bar")), make("small", "", percent(share)));
    cell.style.setProperty("--share", share);
    return cell;
  });
  const signs = [...record.question].map((sign) => make("span", "", sign));
  const stage = make("div", "sum", make("span", "question", ...signs, make("span", "", "=")), make("span", "cells", ...cells));
  const right = record.truth === record.answer;
  return {
    stage,
    words: say(right ? "sum right" : "sum wrong", record),
    draw(time) {
      for (const [number, sign] of [...stage.firstChild.children].entries()) sign.style.opacity = time > 0.12 * number ? "1" : "0";
      for (const [number, cell] of cells.entries()) {
        const begin = 1.3 + 0.6 * number;
        cell.style.opacity = String(passed(time, begin, begin + 0.25));
        cell.style.setProperty("--grown", String(passed(time, begin + 0.1, begin + 0.6)));
      }
    },
  };
}

/** A drawn digit, and what one network or two say of it. */
function digit({ path, answers }) {
  const drawn = pen(path);
  const titles = answers.length > 1 ? [say("old head"), say("new head")] : [""];
  const readers = answers.map((answer, number) => columns(answer, titles[number]));
  const [best, ...others] = answers.map((answer) => Object.entries(answer).sort((a, b) => b[1] - a[1])[0]);
  return {
    stage: make("div", "digit", drawn.svg, make("div", "answers", ...readers)),
    words: others.length
      ? say("heads", { before: best[0], after: others[0][0] })
      : say("read as", { answer: best[0], share: percent(best[1]) }),
    draw(time) {
      drawn.draw(passed(time, 0.1, 1.4));
      for (const [number, reader] of readers.entries()) {
        const begin = 1.4 + 0.9 * number;
        reader.style.setProperty("--grown", String(passed(time, begin, begin + 0.8)));
      }
    },
  };
}

/** A photograph that becomes what the network sees, and the classes. */
function photograph({ photo, seen, answers }, number) {
  const [answer] = answers;
  const small = picture(seen, "seen");
  const list = rows(answer);
  const [[best, share]] = Object.entries(answer);
  return {
    stage: make("div", "photograph", make("div", "frame", picture(photo, ""), small), list),
    words: say(number ? "no class" : "class", { answer: named(best), share: percent(share) }),
    draw(time) {
      small.style.opacity = String(passed(time, 1, 2));
      list.style.setProperty("--grown", String(passed(time, 1.9, 2.8)));
    },
  };
}

/** Scenes one after the other, each for so many seconds; the last half second of each fades out. */
function inTurn(records, seconds, scene) {
  const shown = { number: -1, scene: null };
  return (time, stage, now) => {
    const number = Math.floor(time / seconds) % records.length;
    if (number !== shown.number) {
      Object.assign(shown, { number, scene: scene(records[number], number) });
      stage.replaceChildren(shown.scene.stage);
      now.textContent = shown.scene.words;
    }
    const own = time % seconds;
    shown.scene.draw(own);
    shown.scene.stage.style.opacity = String(1 - passed(own, seconds - 0.45, seconds - 0.05));
  };
}

/** Ten digits whose z changes, drawn from the frames of a film that lie below each other in one picture. */
async function film({ film: url, frames, digits }) {
  const strip = picture(url, "");
  await strip.decode();
  const side = 28;
  const canvas = make("canvas", "film");
  Object.assign(canvas, { width: (side * digits) / 2, height: side * 2 });
  const brush = canvas.getContext("2d");
  const put = (frame, strength) => {
    brush.globalAlpha = strength;
    for (let number = 0; number < digits; number += 1) {
      const [x, y] = [side * (number % (digits / 2)), side * Math.floor((2 * number) / digits)];
      brush.drawImage(strip, number * side, frame * side, side, side, x, y, side, side);
    }
  };
  return (time, stage, now) => {
    if (!canvas.isConnected) {
      stage.replaceChildren(canvas);
      now.textContent = say("walk");
    }
    const place = (time * 6) % frames;
    put(Math.floor(place), 1);
    put((Math.floor(place) + 1) % frames, place % 1);
  };
}

/** A photograph that turns into its dream, picture by picture from the smallest size, and back. */
function dreaming({ photo, dream }) {
  const layers = [photo, ...dream].map((url) => picture(url, ""));
  const [begin, end] = [1.5, 1.5 + DREAM_STEP * dream.length];
  return (time, stage, now) => {
    if (!stage.querySelector(".dream")) {
      stage.replaceChildren(make("div", "dream", ...layers));
      now.textContent = say(dream.length ? "dreams" : "no dream yet");
    }
    const own = time % (end + 4);
    for (const [number, layer] of layers.entries()) {
      const come = passed(own, begin + DREAM_STEP * (number - 1), begin + DREAM_STEP * number);
      layer.style.opacity = number ? String(come * (1 - passed(own, end + 2.5, end + 3.9))) : "1";
    }
  };
}

/** For each study: its scene, and the second at which a still picture shows everything. */
const SCENES = {
  addition_rnn: (data) => [inTurn(data.sums, 6, sum), 5],
  antirectifier: (data) => [inTurn(data.digits, 5.5, digit), 4],
  mnist_acgan: async (data) => [await film(data), 0],
  cifar10_cnn: (data) => [inTurn(data.photographs, 6.5, photograph), 5],
  mnist_transfer_cnn: (data) => [inTurn(data.digits, 6.5, digit), 5],
  deep_dream: (data) => [dreaming(data), 2 + DREAM_STEP * data.dream.length],
};

const playing = { now: !matchMedia("(prefers-reduced-motion: reduce)").matches, last: 0 };
const scenes = new Set();

function draw(scene) {
  scene.draw(scene.time, scene.stage, scene.now);
}

function tick(now) {
  const step = (now - playing.last) / 1000;
  if (step > 0.03) {
    playing.last = now;
    for (const scene of scenes) {
      if (!scene.visible) continue;
      scene.time += Math.min(step, 0.1);
      draw(scene);
    }
  }
  if (playing.now) requestAnimationFrame(tick);
}

const button = document.getElementById("motion");
function play(on) {
  playing.now = on;
  button.textContent = on ? button.dataset.pause : button.dataset.play;
  if (on) requestAnimationFrame(tick);
}
button.addEventListener("click", () => play(!playing.now));

const watching = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    for (const scene of scenes) if (scene.stage === entry.target) scene.visible = entry.isIntersecting;
  }
});

/** What the studio's network answered for a card; while it is busy, it is asked again. */
async function ask(etude) {
  for (let trial = 1; ; trial += 1) {
    const answer = await fetch(`../living/${etude}`);
    const data = await answer.json();
    if (answer.ok) return data;
    if (answer.status !== 503 || trial === 5) throw new Error(data.error);
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

/** Show what a card has to show, as soon as it is there. */
async function fill(card) {
  const etude = card.dataset.etude;
  const [stage, now] = [card.querySelector(".stage"), card.querySelector(".now")];
  try {
    const data = await ask(etude);
    const [show, rest] = await SCENES[etude](data);
    const scene = { draw: show, stage, now, time: playing.now ? 0 : rest, visible: true };
    scenes.add(scene);
    watching.observe(stage);
    draw(scene);
    card.dataset.state = "shown";
  } catch (error) {
    stage.replaceChildren();
    now.textContent = error.message;
    card.dataset.state = "failed";
  }
}

/** A page takes seconds to be made: it is made as soon as somebody is about to open it. */
function prepare(link) {
  const early = () => fetch(link.href).catch(() => {});
  if (link.href.includes("/pages/")) for (const about of ["pointerenter", "focus"]) link.addEventListener(about, early, { once: true });
}

play(playing.now);
for (const link of document.querySelectorAll("article .first, .stage")) prepare(link);
for (const card of document.querySelectorAll("[data-etude]")) fill(card);
