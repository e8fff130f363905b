-- Who is there: user, name and since of each.
local found = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  local record = cjson.decode(flat[i + 1])
  for _, till in pairs(record.leases) do
    if till > now then
      found[#found + 1] = flat[i]
      found[#found + 1] = record.name
      found[#found + 1] = record.since
      break
    end
  end
end
return found
