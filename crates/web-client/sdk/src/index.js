// Everything that the package offers.

export { ParlorError } from "./errors.js";
export { Connection } from "./live/connection.js";
export { List } from "./pages.js";
export { Parlor } from "./parlor.js";
export { Store } from "./store/store.js";
