-- Who is marked: user and name of each. KEYS: when marks lapse, and names. ARGV: now, in microseconds.
local found = {}
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')) do
  found[#found + 1] = user
  found[#found + 1] = redis.call('HGET', KEYS[2], user)
end
return found
