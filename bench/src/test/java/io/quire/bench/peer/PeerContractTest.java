/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.table.Peer;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The contract, run against every contestant. */
class PeerContractTest {
    /** Contestants without a table, or whose table is that of another one and slow to try. */
    private static final Set<String> NOT_TRIED =
            Set.of("idle", "force", "force-dsync", "quire-sync", "rocksdb-sync", "lmdb-sync");

    @Test
    void shouldTryEveryContestant() {
        final Set<String> tried = Stream.of(PeerContractTest.class.getDeclaredClasses())
                .map(PeerContractTest::peerName)
                .collect(Collectors.toSet());

        assertThat(Peers.names()).allMatch(name -> NOT_TRIED.contains(name) || tried.contains(name));
    }

    /** Turns ChronicleFileTest into chronicle-file. */
    private static String peerName(final Class<?> type) {
        return String.join("-", List.of(type.getSimpleName().replace("Test", "").split("(?<=.)(?=[A-Z])")))
                .toLowerCase(java.util.Locale.ROOT);
    }

    @Nested
    class QuireTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire");
        }
    }

    @Nested
    class QuireFixedTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-fixed");
        }
    }

    @Nested
    class QuireArraysTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-arrays");
        }
    }

    @Nested
    class QuireCheckpointsTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-checkpoints");
        }
    }

    @Nested
    class QuireSharedTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-shared");
        }
    }

    @Nested
    class QuireDirectoryTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-directory");
        }
    }

    @Nested
    class QuireProcessTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-process");
        }
    }

    @Nested
    class QuireProcessSubscribedTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-process-subscribed");
        }
    }

    @Nested
    class QuireGroupDurableTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-group-durable");
        }
    }

    @Nested
    class QuireGroupTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("quire-group");
        }
    }

    @Nested
    class FloorTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("floor");
        }
    }

    @Nested
    class FloorHugeTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("floor-huge");
        }
    }

    @Nested
    class FloorFileTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("floor-file");
        }
    }

    @Nested
    class HashmapTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("hashmap");
        }
    }

    @Nested
    class AgronaTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("agrona");
        }
    }

    @Nested
    class ChronicleFileTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("chronicle-file");
        }
    }

    @Nested
    class ChronicleCopyTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("chronicle-copy");
        }
    }

    @Nested
    class ChronicleMemoryTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("chronicle-memory");
        }
    }

    @Nested
    class RocksdbTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("rocksdb");
        }
    }

    @Nested
    class RocksdbTunedTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("rocksdb-tuned");
        }
    }

    @Nested
    class RocksdbWalTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("rocksdb-wal");
        }
    }

    @Nested
    class LmdbTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("lmdb");
        }
    }

    @Nested
    class LmdbProcessTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("lmdb-process");
        }
    }

    @Nested
    class LmdbProcessMapTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("lmdb-process-map");
        }
    }

    @Nested
    class MvstoreTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("mvstore");
        }
    }

    @Nested
    class MapdbTest extends KeyedTableContractTest {
        @Override
        Peer peer() {
            return Peers.named("mapdb");
        }
    }
}
