-- What every script of presence begins with. KEYS: who is in a room (user → record), when to look at each of them, and the
-- clocks at each replica's latest renewal (renew.lua).
-- A record: {name, since, leases: {replica → when it lapses}}, and gone where others were told that the user went.
-- Time is Redis's own, in milliseconds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- How long it is remembered that others were told.
local MEMORY = 3600000

-- The record of a user, with the leases that still hold.
local function read(user)
  local text = redis.call('HGET', KEYS[1], user)
  if not text then return nil end
  local record = cjson.decode(text)
  for replica, till in pairs(record.leases) do
    if till <= now then record.leases[replica] = nil end
  end
  return record
end

local function write(user, record, look)
  redis.call('HSET', KEYS[1], user, cjson.encode(record))
  redis.call('ZADD', KEYS[2], look, user)
end

local function forget(user)
  redis.call('HDEL', KEYS[1], user)
  redis.call('ZREM', KEYS[2], user)
end

-- Gives a replica its lease; answers the record that was there, which has leases where the user was.
local function hold(user, name, since, replica, lease)
  local before = read(user)
  local record = before
  if not record or not next(record.leases) then
    record = {name = name, since = since, leases = {}}
  end
  record.leases[replica] = now + lease
  write(user, record, now + lease)
  redis.call('PEXPIRE', KEYS[1], lease + MEMORY)
  redis.call('PEXPIRE', KEYS[2], lease + MEMORY)
  redis.call('PEXPIRE', KEYS[3], lease + MEMORY)
  return before
end
