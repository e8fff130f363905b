// The panels beside a room that are about messages, by their name in the address.

/** @type {Record<string, {title: string, Panel: (props: {roomId: string, argument: string | null}) => any}>} */
export const messagePanels = {};
