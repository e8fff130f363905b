-- Takes a mark away. KEYS: when marks lapse, and names. ARGV: user.
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
