-- One client's counter: the moment at which its debt will be paid. ARGV: what a request costs and the most that may be
-- owed, both in microseconds, and '1' to ask for a request. Answers what was owed before, by Redis's own clock.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local period = tonumber(ARGV[2])
local debt = math.max((tonumber(redis.call('GET', KEYS[1])) or now) - now, 0)
local function owe(micros)
  redis.call('SET', KEYS[1], string.format('%.0f', now + micros), 'PX', math.ceil(micros / 1000))
end
-- Nobody owes more than a period: the clock has stepped back. What is written then is paid within one, by the new time.
if debt > period then
  debt = period
  owe(debt)
end
local after = debt + ARGV[1]
if ARGV[3] == '1' and after <= period then owe(after) end
return debt
