-- One client's counter: the moment at which its debt will be paid. ARGV: what a request costs and the most that may be
-- owed, both in microseconds, and '1' to ask for a request. Answers what was owed before, by Redis's own clock.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local debt = math.max((tonumber(redis.call('GET', KEYS[1])) or now) - now, 0)
local after = debt + ARGV[1]
if ARGV[3] == '1' and after <= tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
end
return debt
