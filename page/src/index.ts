/** What the pages of the studies are made of: `import { … } from "etudes-page"`. */

import "./style.css";

export * from "./arithmetic";
export * from "./cells";
export * from "./colours";
export type * from "./data";
export * from "./dom";
export { beginning } from "./convolutions";
export { explain } from "./explain";
export { Legend } from "./legend";
export { NumberTable } from "./number_table";
export { lstmSteps, type Step } from "./lstm";
export { Network, tensor } from "./network";
export { start } from "./page";
export { section, tableOf } from "./sections";
export { inStudio, studioLink } from "./studio";
export type * from "./study";
