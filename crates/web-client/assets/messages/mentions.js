// Lists the messages that mention the person, newest first, as they come and change.

import { html, useEffect, useRef } from '../vendor.js';
import { fromEvent, mentions } from '../sdk/store/message.js';
import { client, me } from '../state/client.js';
import { connection, connectionState } from '../state/live.js';
import { roomName } from '../state/room-name.js';
import { rooms } from '../state/rooms.js';
import { go, to } from '../state/route.js';
import { Parts, useParts } from '../ui/parts.js';
import { MessageCard } from './card.js';

const PAGE = 30;

const EMPTY = {
  icon: 'at',
  title: 'Nobody has mentioned you yet',
  text: 'A message with your name after an @, in a room that you are in, is listed here.',
};

export function Mentions() {
  const parts = useParts(async (before, signal) => {
    const { data, pagination } = await client.messages.mentions({ limit: PAGE, before, signal });
    return { data, next: pagination.hasMore ? pagination.before : undefined };
  }, []);
  useEvents(parts);
  const known = new Map((rooms.value ?? []).map((room) => [room.id, room]));
  return html`<${Parts} parts=${parts} label="Messages that mention you" kind="found-list found-cards" empty=${EMPTY} row=${(message) => {
    const room = known.get(message.roomId);
    return html`<${MessageCard} key=${message.id} message=${message} place=${room && roomName(room, me.value.username)}
      isNew=${message.seq > (room?.membership?.lastReadSeq ?? Infinity)} onOpen=${() => go(to.message(message.roomId, message.id))} />`;
  }} />`;
}

/** Applies to the list what happens to messages. */
function useEvents({ update, reload }) {
  const live = connection.value;
  const isLost = useRef(false);
  const { name } = connectionState.value;
  useEffect(() => {
    const offs = [
      live?.on('new-message', (event) => {
        const message = fromEvent(event);
        if (mentions(message, me.value?.id)) update((items) => [message, ...items.filter(({ id }) => id !== message.id)]);
      }),
      live?.on('message-edited', (event) => update((items) => items.map((item) => (item.id === event.id ? fromEvent(event) : item)))),
      live?.on('message-deleted', (event) => update((items) => items.filter(({ id }) => id !== event.id))),
    ];
    return () => offs.forEach((off) => off?.());
  }, [live]);
  // Of a room that is not open not every message comes after an absence.
  useEffect(() => {
    if (name === 'waiting') isLost.current = true;
    if (name !== 'live' || !isLost.current) return;
    isLost.current = false;
    reload();
  }, [name]);
}
