/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.Peer;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.Durability;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * All contestants, in the order in which they are printed.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class Peers {
    private static final Map<String, Peer> BY_NAME = List.of(
                    new QuirePeer("quire", Durability.NONE, LiveMemoryKind.AUTO),
                    QuirePeer.withFixedLengths("quire-fixed"),
                    QuirePeer.withArrays("quire-arrays"),
                    QuirePeer.withCheckpoints("quire-checkpoints"),
                    new QuirePeer("quire-shared", Durability.NONE, LiveMemoryKind.SHARED),
                    new QuirePeer("quire-directory", Durability.NONE, LiveMemoryKind.DIRECTORY),
                    new QuirePeer("quire-process", Durability.PROCESS, LiveMemoryKind.AUTO),
                    QuirePeer.subscribed("quire-process-subscribed"),
                    new QuirePeer("quire-group", Durability.GROUP, LiveMemoryKind.AUTO),
                    QuirePeer.timedUntilDurable("quire-group-durable"),
                    new QuirePeer("quire-sync", Durability.SYNC, LiveMemoryKind.AUTO),
                    new FloorPeer("floor", NativeRegion.Kind.SMALL_PAGES),
                    new FloorPeer("floor-huge", NativeRegion.Kind.HUGE_PAGES),
                    new FloorPeer("floor-file", NativeRegion.Kind.FILE),
                    new HashMapPeer(),
                    new AgronaMapPeer(),
                    new ChroniclePeer("chronicle-file", ChronicleKeeping.FILE),
                    new ChroniclePeer("chronicle-copy", ChronicleKeeping.FILE_COPIED),
                    new ChroniclePeer("chronicle-memory", ChronicleKeeping.MEMORY),
                    new RocksDbPeer("rocksdb", Durability.NONE),
                    RocksDbPeer.tuned("rocksdb-tuned"),
                    new RocksDbPeer("rocksdb-wal", Durability.PROCESS),
                    new RocksDbPeer("rocksdb-sync", Durability.SYNC),
                    new LmdbPeer("lmdb", Durability.NONE),
                    new LmdbPeer("lmdb-process", Durability.PROCESS),
                    LmdbPeer.mapped("lmdb-process-map"),
                    new LmdbPeer("lmdb-sync", Durability.SYNC),
                    new MvStorePeer(),
                    new MapDbPeer(),
                    new ForcePeer("force", false),
                    new ForcePeer("force-dsync", true),
                    new IdlePeer())
            .stream()
            .collect(Collectors.toMap(Peer::name, peer -> peer, (a, b) -> a, LinkedHashMap::new));

    private Peers() {}

    /**
     * Lists every contestant.
     *
     * @return names
     */
    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * Finds a contestant.
     *
     * @param name one of {@link #names}
     * @return the contestant
     * @throws IllegalArgumentException when there is none of that name
     */
    public static Peer named(final String name) {
        final Peer peer = BY_NAME.get(name);
        if (peer == null) {
            throw new IllegalArgumentException("no such peer: found=" + name + " expected one of " + names());
        }
        return peer;
    }
}
