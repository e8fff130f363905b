-- Who is marked: user and name of each. KEYS: when marks lapse, and names. ARGV: now, and the latest moment at which a mark
-- that is set now lapses, in microseconds.
-- A mark that lapses later was set before a clock was set back.
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '+inf')) do
  redis.call('ZADD', KEYS[1], ARGV[2], user)
end
local found = {}
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')) do
  found[#found + 1] = user
  found[#found + 1] = redis.call('HGET', KEYS[2], user)
end
return found
