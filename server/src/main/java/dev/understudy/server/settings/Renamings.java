// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code rename-command} lines say, checked as each is read. Names are those of Redis 7.2, built here or not: who hides a command
 * means it to be hidden when it arrives as well.
 */
final class Renamings {
    private static final String COMMANDS = """
            acl append asking auth bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove blmpop
            blpop brpop brpoplpush bzmpop bzpopmax bzpopmin client cluster command config copy dbsize debug decr
            decrby del discard dump echo eval eval_ro evalsha evalsha_ro exec exists expire expireat expiretime
            failover fcall fcall_ro flushall flushdb function geoadd geodist geohash geopos georadius
            georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore get getbit getdel getex
            getrange getset hdel hello hexists hget hgetall hincrby hincrbyfloat hkeys hlen hmget hmset
            hrandfield hscan hset hsetnx hstrlen hvals incr incrby incrbyfloat info keys lastsave latency lcs
            lindex linsert llen lmove lmpop lolwut lpop lpos lpush lpushx lrange lrem lset ltrim memory mget
            migrate module monitor move mset msetnx multi object persist pexpire pexpireat pexpiretime pfadd
            pfcount pfdebug pfmerge pfselftest ping psetex psubscribe psync pttl publish pubsub punsubscribe
            quit randomkey readonly readwrite rename renamenx replconf replicaof reset restore restore-asking
            role rpop rpoplpush rpush rpushx sadd save scan scard script sdiff sdiffstore select set setbit
            setex setnx setrange shutdown sinter sintercard sinterstore sismember slaveof slowlog smembers
            smismember smove sort sort_ro spop spublish srandmember srem sscan ssubscribe strlen subscribe
            substr sunion sunionstore sunsubscribe swapdb sync time touch ttl type unlink unsubscribe unwatch
            wait waitaof watch xack xadd xautoclaim xclaim xdel xgroup xinfo xlen xpending xrange xread
            xreadgroup xrevrange xsetid xtrim zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard
            zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange zrangebylex zrangebyscore
            zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange zrevrangebylex
            zrevrangebyscore zrevrank zscan zscore zunion zunionstore
            """;

    private final List<Settings.Renaming> all = new ArrayList<>();
    private final Set<String> names = new HashSet<>(Set.of(COMMANDS.trim().split("\\s+")));

    Renamings() {
        names.add("understudy");
    }

    List<Settings.Renaming> all() {
        return Collections.unmodifiableList(all);
    }

    /** Takes a renaming; returns what is wrong with it, as Redis words it, or null. */
    @Nullable
    String add(Settings.Renaming renaming) {
        if (!names.remove(renaming.from().toLowerCase(Locale.ROOT))) {
            return "No such command in rename-command";
        }
        if (!renaming.to().isEmpty() && !names.add(renaming.to().toLowerCase(Locale.ROOT))) {
            return "Target command name already exists";
        }
        all.add(renaming);
        return null;
    }
}
