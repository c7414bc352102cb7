/** What a page holds: written by `etudes.actions.share` as JSON, and blobs beside it. */

/** A text in the languages of the page. */
export interface Text {
  en: string;
  zh: string;
}

export type Language = keyof Text;

/** An array: `data` in C order. Values of one example have no batch axis. */
export interface Tensor {
  shape: number[];
  data: Float32Array | Int32Array;
}

/** The values of one example on their way through a network, by the names of its layers, inputs and outputs. */
export type Values = Record<string, Tensor>;

/** A layer, or operation, of a network; `graphs.json` of the run has the same. */
export interface Layer {
  /** The name of its output, such as "03_conv2d". */
  name: string;
  /** Keras's class, such as "Conv2D". */
  kind: string;
  /** The names of the values that it takes: of layers, or of inputs of the network. */
  inputs: string[];
  /** Of its output, without the batch axis. */
  shape: number[];
  parameters: number;
  /** The names of its weights by Keras's names: kernel, bias, recurrent_kernel, embeddings. */
  weights: Record<string, string>;
  /** What Keras's `get_config` says of it, as far as it says what is computed: units, kernel_size, activation, … */
  config: Record<string, unknown>;
  /** Whether training changes its weights; false for a layer without any, too. */
  trainable: boolean;
  /** The names of values on the way inside the layer, such as "00_lstm.states". */
  inside: string[];
}

export interface NetworkData {
  inputs: { name: string; shape: number[]; dtype: "float32" | "int32" }[];
  outputs: string[];
  layers: Layer[];
  parameters: number;
}

/** Where a weight is in the blob "weights". */
export interface WeightData {
  name: string;
  shape: number[];
  dtype: "float16" | "bfloat16" | "float32";
  /** Bytes from the beginning of the blob. */
  offset: number;
}

export interface TableData {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

/** One epoch of a training. */
export type Epoch = { phase: string; epoch: number } & Record<string, number | string>;

/** All that a page holds of its run. */
export interface PageData<C = unknown> {
  etude: string;
  /** The run's name, such as "addition_rnn@bundled". */
  run: string;
  version: string;
  preset: string;
  /** What the settings say; those of the run. */
  settings: Record<string, unknown>;
  /** What the data is: source, class_names, … */
  info: Record<string, unknown>;
  /** Examples in each split. */
  split: Record<string, number>;
  networks: Record<string, NetworkData>;
  weights: WeightData[];
  /** On the test split. */
  metrics: Record<string, number>;
  headline: string;
  tables: TableData[];
  history: Epoch[];
  /** "classic" beside "tuned", with seeds and spread, from the committed records; empty where there are none. */
  records: TableData[];
  /** Where and with what it was trained: backend, versions, processor, seconds. */
  environment: Record<string, string>;
  command: string;
  weights_sha256: string;
  /** study.py. */
  source: string;
  /** The card, HTML that Études made. */
  card: string;
  /** The licences of what the page contains. */
  licences: { name: string; text: string }[];
  /** The study's own part, from its `page.py`. */
  content: C;
}
