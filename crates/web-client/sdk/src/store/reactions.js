// Finding out if a user has reacted to a message.

/**
 * Returns true if the user has used a reaction on a message.
 * @param {import("../parlor.js").Parlor} client
 * @param {import("../types.js").Message} message
 * @param {string} emoji
 */
export async function hasReacted(client, message, emoji) {
  const me = client.auth.user?.id;
  const reaction = message.reactions.find((one) => one.emoji === emoji);
  const users = reaction?.users ?? [];
  if (users.some((user) => user.id === me)) return true;
  // A message names the first ten alone.
  if ((reaction?.count ?? 0) <= users.length) return false;
  for await (const user of client.messages.reactedBy(message.roomId, message.id, emoji, { limit: 100 })) {
    if (user.id === me) return true;
  }
  return false;
}
