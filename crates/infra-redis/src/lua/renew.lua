-- A replica says again who is there by way of it, and sees who lapsed. ARGV: replica, lease, the replica's own clock in
-- milliseconds, and of each user: user, name, since, and 1 where others know that they are there. Answers user, name, and 1
-- for who came or 0 for who went, of each of whom others must be told.
local lease = tonumber(ARGV[2])
local own = tonumber(ARGV[3])

-- Redis's clock may step; the replica's does not. What more has passed by the one than by the other since the replica's
-- latest renewal here is a step: all times move with it, and nobody is held for longer than a lease from now.
local function follow(step)
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    local record = cjson.decode(all[i + 1])
    for replica, till in pairs(record.leases) do
      -- A lease that could be given now was given after the step.
      if step > 0 or till > now + lease then till = till + step end
      record.leases[replica] = math.min(till, now + lease)
    end
    local look = tonumber(redis.call('ZSCORE', KEYS[2], all[i])) or now
    write(all[i], record, math.min(look + step, now + (record.gone and MEMORY or lease)))
  end
end

local clocks = redis.call('HGETALL', KEYS[3])
local step = 0
for i = 1, #clocks, 2 do
  if clocks[i] == ARGV[1] then
    local at, then_own = string.match(clocks[i + 1], '^(%d+) (%d+)$')
    step = (now - at) - (own - then_own)
  end
end
if math.abs(step) > lease / 2 then
  follow(step)
else
  step = 0
end
for i = 1, #clocks, 2 do
  local at, then_own = string.match(clocks[i + 1], '^(%d+) (%d+)$')
  if now - (at + step) > MEMORY then
    redis.call('HDEL', KEYS[3], clocks[i])
  elseif step ~= 0 then
    redis.call('HSET', KEYS[3], clocks[i], string.format('%.0f %s', at + step, then_own))
  end
end
redis.call('HSET', KEYS[3], ARGV[1], string.format('%.0f %.0f', now, own))
redis.call('PEXPIRE', KEYS[3], lease + MEMORY)

local told = {}
local function tell(user, name, came)
  told[#told + 1] = user
  told[#told + 1] = name
  told[#told + 1] = came
end
for i = 4, #ARGV, 4 do
  local user, name = ARGV[i], ARGV[i + 1]
  local before = hold(user, name, ARGV[i + 2], ARGV[1], lease)
  local absent = not before or not next(before.leases)
  if absent and (ARGV[i + 3] == '0' or before and before.gone) then
    tell(user, name, '1')
  end
end
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  local record = read(user)
  if not record or record.gone then
    forget(user)
  elseif next(record.leases) then
    local look = 0
    for _, till in pairs(record.leases) do look = math.max(look, till) end
    write(user, record, look)
  else
    record.gone = true
    write(user, record, now + MEMORY)
    tell(user, record.name, '0')
  end
end
return told
