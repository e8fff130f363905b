// The emoji of the picker: a small set of their own, with the words by which they are found, and those used lately.

/** Each entry is an emoji and its words, the first of which is its name. */
const GROUPS = {
  Smileys: '😀 grinning smile happy,😃 smiley happy,😄 grin happy,😁 beaming_grin,😆 laughing haha,😅 sweat_smile relief,'
    + '😂 joy tears laugh lol,🤣 rolling_laugh rofl,🙂 slight_smile,🙃 upside-down silly,😉 wink,😊 blush_smile,😇 angel halo,'
    + '🥰 loved hearts,😍 heart_eyes love,😘 kiss,😋 yum tasty,😜 winking_tongue,🤪 zany crazy,🤗 hug,🤭 giggle oops,🤫 shush quiet,'
    + '🤔 thinking hmm,🫡 salute yes,🤐 zipper_mouth secret,🤨 raised_eyebrow doubt,😐 neutral,😑 expressionless,😶 silent,'
    + '😏 smirk,😒 unamused,🙄 eye_roll,😬 grimace,😌 relieved calm,😔 pensive sad,😴 sleeping tired,🤤 drool,😷 mask ill,🤒 ill fever,'
    + '🤕 hurt bandage,🤢 nausea sick,🤧 sneeze cold,🥵 hot,🥶 cold freezing,😵 dizzy,🤯 mind_blown,🥳 party celebrate,😎 cool sunglasses,'
    + '🤓 nerd glasses,😕 confused,😟 worried,🙁 frown sad,😮 surprised wow,😲 astonished,😳 flushed,🥺 pleading please,😢 cry sad,'
    + '😭 sob cry,😱 scream fear,😖 confounded,😩 weary,🥱 yawn bored,😤 triumph huff,😡 angry rage,😠 angry,🤬 swearing,😈 devil,'
    + '💀 skull dead,💩 poo,🤡 clown,👻 ghost,👽 alien,🤖 robot bot',
  People: '👍 thumbs_up yes good like +1,👎 thumbs_down no bad -1,👏 clap applause,🙌 raised_hands hooray,🙏 folded_hands thanks please,'
    + '👋 wave hello bye,🤝 handshake deal,✌️ victory peace,🤞 crossed_fingers luck,👌 ok perfect,🤌 pinched_fingers,👈 left,👉 right,'
    + '👆 up,👇 down,☝️ point_one,✋ raised_hand stop,💪 muscle strong,🫶 heart_hands,✍️ writing,👀 eyes look,🧠 brain,👶 baby,🧑‍💻 coder developer,'
    + '🤷 shrug,🤦 facepalm,🙋 raising_hand question,💁 tipping_hand info,🏃 running,💃 dancing,🧘 calm yoga',
  Hearts: '❤️ red_heart love,🧡 orange_heart,💛 yellow_heart,💚 green_heart,💙 blue_heart,💜 purple_heart,🖤 black_heart,🤍 white_heart,'
    + '💔 broken_heart,💯 hundred full,✨ sparkles,⭐ star,🔥 fire hot lit,💥 boom collision,⚡ lightning fast,💤 sleep zzz,💬 speech comment',
  Nature: '🐶 dog,🐱 cat,🐭 mouse,🐰 rabbit,🦊 fox,🐻 bear,🐼 panda,🦁 lion,🐸 frog,🐵 monkey,🙈 see_no_evil,🐔 chicken,🐧 penguin,'
    + '🦉 owl,🦄 unicorn,🐝 bee,🐛 bug,🦋 butterfly,🐢 turtle slow,🐙 octopus,🐬 dolphin,🦀 crab rust,🌱 seedling,🌲 tree,🌸 blossom,'
    + '🌻 sunflower,🌈 rainbow,☀️ sun,🌙 moon night,☁️ cloud,🌧️ rain,❄️ snow,🌊 wave sea',
  Food: '🍎 apple,🍌 banana,🍓 strawberry,🍋 lemon,🍉 melon,🥑 avocado,🥕 carrot,🍞 bread,🧀 cheese,🍕 pizza,🍔 burger,🌮 taco,🍜 noodles,'
    + '🍣 sushi,🍪 cookie,🎂 cake birthday,🍫 chocolate,🍿 popcorn,☕ coffee,🍵 tea,🍺 beer,🍻 cheers,🍷 wine,🥂 toast clink',
  Things: '🎉 tada party celebrate,🎊 confetti,🎁 gift present,🎈 balloon,🏆 trophy win,🥇 gold first,⚽ football,🏀 basketball,🎮 game,'
    + '🎵 music_note,🎸 guitar,🎨 art,🎬 film,📷 camera,💡 idea light,📌 pin,📎 paperclip,✏️ pencil,📝 memo note,📅 calendar date,📈 chart_up,'
    + '📉 chart_down,🔒 lock,🔑 key,🔨 hammer,🔧 wrench fix,⚙️ gear settings,🧪 test,💻 laptop computer,📱 phone,🔋 battery,💰 money,📦 package,'
    + '📣 megaphone announce,🔔 bell,⏰ alarm_clock,⏳ hourglass wait,🚀 rocket launch ship,✈️ plane,🚗 car,🚲 bicycle,🏠 house home,🏖️ beach holiday,'
    + '🌍 world earth',
  Signs: '✅ check_done yes,☑️ ballot_check,✔️ tick,❌ cross no,❎ cross_box,➕ plus,➖ minus,❓ question,❗ exclamation,⚠️ warning,🚫 forbidden,'
    + '⛔ stop,🆗 ok,🆕 new,🔴 red,🟠 orange,🟡 yellow,🟢 green,🔵 blue,⚪ white,⚫ black,🔁 repeat,➡️ arrow_right,⬅️ arrow_left,⬆️ arrow_up,'
    + '⬇️ arrow_down,🏁 finish_flag,🚩 flag,♻️ recycle',
};

/** @typedef {{emoji: string, name: string, words: string}} Emoji */

/** @type {{name: string, emoji: Emoji[]}[]} */
export const groups = Object.entries(GROUPS).map(([name, entries]) => ({
  name,
  emoji: entries.split(',').map((entry) => {
    const space = entry.indexOf(' ');
    const words = entry.slice(space + 1);
    return { emoji: entry.slice(0, space), name: spaced(words.split(' ')[0]), words: spaced(words) };
  }),
}));

/** @param {string} words */
function spaced(words) {
  return words.replaceAll('_', ' ');
}

/**
 * Finds emoji of which every word of the query begins a word.
 *
 * @param {string} query
 * @returns {Emoji[]}
 */
export function searchEmoji(query) {
  const wanted = query.trim().toLowerCase().split(/\s+/);
  return groups.flatMap((group) => group.emoji).filter(({ emoji, words }) =>
    emoji === query.trim() || wanted.every((word) => ` ${words}`.includes(` ${word}`)));
}

/** @param {string} emoji */
export function nameOf(emoji) {
  for (const group of groups) for (const entry of group.emoji) if (entry.emoji === emoji) return entry.name;
  return emoji;
}
