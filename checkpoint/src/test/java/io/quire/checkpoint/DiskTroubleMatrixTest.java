/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kind of trouble with a disk, for as long as it lasts, in every stage of a store's life: who is told, that
 * nothing acknowledged is lost, that it goes on once the trouble is over, by itself or after reopening, and that no
 * file is left over. The table in {@code docs/checkpoints.md} says the same in words.
 */
@Timeout(300)
class DiskTroubleMatrixTest {
    private static final long LIMIT_S = 60;
    private static final long SLOW_NS = TimeUnit.MILLISECONDS.toNanos(3);
    private static final Logger LOG = Logger.getLogger("io.quire");

    @TempDir
    Path temp;

    private final FaultStoreFiles disk = new FaultStoreFiles();
    private final HookedStoreFiles files = new HookedStoreFiles(disk);
    private final AtomicInteger strikes = new AtomicInteger();
    private Path directory;
    private DurableStateStore store;
    private LongLongState state;
    private long issued;
    private long acknowledged;
    private int completed;

    /** What is wrong with the disk. */
    enum Trouble {
        FULL("no space left on device", EnumSet.of(FileOperation.WRITE, FileOperation.PREALLOCATE)),
        READ_ONLY(
                "read-only file system",
                EnumSet.of(
                        FileOperation.CREATE,
                        FileOperation.OPEN_WRITE,
                        FileOperation.WRITE,
                        FileOperation.PREALLOCATE,
                        FileOperation.RENAME,
                        FileOperation.DELETE)),
        BROKEN(
                "input/output error",
                EnumSet.of(
                        FileOperation.OPEN_READ,
                        FileOperation.WRITE,
                        FileOperation.FORCE,
                        FileOperation.FORCE_DIRECTORY,
                        FileOperation.RENAME,
                        FileOperation.DELETE)),
        SLOW("", EnumSet.allOf(FileOperation.class));

        private final String reason;
        private final Set<FileOperation> operations;

        Trouble(final String reason, final Set<FileOperation> operations) {
            this.reason = reason;
            this.operations = operations;
        }

        void strike(final Path path) {
            switch (this) {
                case FULL -> throw new StoreFullException(reason + ": file=" + path + " needed=1 free=0");
                case SLOW -> LockSupport.parkNanos(SLOW_NS);
                default -> throw new StoreIoException(reason + ": file=" + path);
            }
        }
    }

    /** Where it strikes. */
    enum Stage {
        CHECKPOINT("quire-checkpointer", "checkpoint-", EnumSet.allOf(FileOperation.class)),
        PUBLISH("quire-checkpointer", "manifest-", EnumSet.allOf(FileOperation.class)),
        PUBLISH_RENAME("quire-checkpointer", "manifest-", EnumSet.of(FileOperation.RENAME)),
        PUBLISH_NAMES("quire-checkpointer", "", EnumSet.of(FileOperation.FORCE_DIRECTORY)),
        MERGE("quire-merger", "checkpoint-", EnumSet.complementOf(EnumSet.of(FileOperation.DELETE))),
        PUBLISH_MERGED("quire-merger", "manifest-", EnumSet.complementOf(EnumSet.of(FileOperation.DELETE))),
        PUBLISH_MERGED_RENAME("quire-merger", "manifest-", EnumSet.of(FileOperation.RENAME)),
        DELETE("quire-merger", "", EnumSet.of(FileOperation.DELETE)),
        LOG_ROLL(
                "quire-log",
                "",
                EnumSet.of(
                        FileOperation.CREATE,
                        FileOperation.WRITE,
                        FileOperation.RENAME,
                        FileOperation.FORCE_DIRECTORY)),
        LOG_WRITE("quire-log", "", EnumSet.of(FileOperation.WRITE)),
        LOG_FORCE("quire-log", "", EnumSet.of(FileOperation.FORCE));

        private final String thread;
        private final String prefix;
        private final Set<FileOperation> operations;

        Stage(final String thread, final String prefix, final Set<FileOperation> operations) {
            this.thread = thread;
            this.prefix = prefix;
            this.operations = operations;
        }

        boolean meets(final Trouble trouble) {
            return operations.stream().anyMatch(trouble.operations::contains);
        }

        /** Whether it is this stage that does something; a write to a file that was there before rolls no log. */
        boolean matches(final FileOperation operation, final Path path, final Set<Path> created) {
            final String name = path.getFileName().toString();
            return operations.contains(operation)
                    && Thread.currentThread().getName().equals(thread)
                    && name.startsWith(prefix)
                    && !(this == DELETE && name.endsWith(".tmp"))
                    && !(this == LOG_ROLL && operation == FileOperation.WRITE && !created.contains(path));
        }

        /** Whether the store may not go on before it is opened again. */
        boolean stopsAt(final Trouble trouble) {
            return switch (this) {
                case CHECKPOINT, PUBLISH, MERGE, PUBLISH_MERGED, DELETE -> false;
                case PUBLISH_RENAME, PUBLISH_NAMES, PUBLISH_MERGED_RENAME -> trouble != Trouble.SLOW;
                case LOG_ROLL, LOG_WRITE, LOG_FORCE -> trouble != Trouble.SLOW;
            };
        }

        /** Whether a checkpoint that somebody waits for fails. */
        boolean failsCheckpoints() {
            return this != MERGE && this != PUBLISH_MERGED && this != PUBLISH_MERGED_RENAME && this != DELETE;
        }
    }

    static Stream<Arguments> cells() {
        final List<Arguments> cells = new ArrayList<>();
        for (final Stage stage : Stage.values()) {
            for (final Trouble trouble : Trouble.values()) {
                if (stage.meets(trouble)) {
                    cells.add(Arguments.of(stage, trouble));
                }
            }
        }
        return cells.stream();
    }

    @BeforeAll
    static void silence() {
        LOG.setLevel(Level.OFF); // every failure is logged, and here there are many
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    @BeforeEach
    void prepare() throws IOException {
        newDirectory("store");
    }

    private void newDirectory(final String name) throws IOException {
        directory = Files.createDirectories(temp.resolve(name)).toRealPath();
        disk.createDirectories(directory);
        issued = 0;
        acknowledged = 0;
    }

    private void open() {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(20)
                .durability(Durability.PROCESS)
                .changeRingLength(64 * 1024)
                .logSegmentLength(64 * 1024)
                .chainLengthMax(2)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .storeFiles(files));
        state = store.longLongState("s");
    }

    private void write(final int count) {
        for (int i = 0; i < count; i++) {
            issued++;
            state.put(issued, ~issued);
            acknowledged = issued;
        }
    }

    /** Everything acknowledged is there, and at most the write that was under way besides, if one failed. */
    private void checkState(final String what) {
        assertThat(state.size()).as(what).isBetween(acknowledged, issued);
        for (long i = 1; i <= acknowledged; i++) {
            assertThat(state.get(i, 0)).as(what).isEqualTo(~i);
        }
    }

    /** Files and manifests are those of the checkpoints that are kept, and the log has nothing but segments. */
    private void checkNothingLeftOver(final String what) {
        final ManifestCatalog found = ManifestCatalog.scan(disk, directory, null);
        assertThat(found.rejected()).as(what).isEmpty();
        final Set<String> expected = new TreeSet<>();
        final Set<Long> checkpoints = new TreeSet<>();
        for (final Manifest manifest : found.newestFirst()) {
            expected.add(manifest.fileName());
            manifest.files().forEach(file -> expected.add(file.fileName()));
            checkpoints.add(manifest.cut().checkpointId());
        }
        assertThat(checkpoints).as(what).hasSizeLessThanOrEqualTo(2);
        assertThat(disk.list(directory))
                .as(what)
                .filteredOn(name -> !name.equals("log"))
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(disk.list(directory.resolve("log"))).as(what).allMatch(name -> name.endsWith(".qlog"));
        assertThat(disk.openHandles()).as(what).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("cells")
    void shouldTellLoseNothingAndGoOnAfterwards(final Stage stage, final Trouble trouble) throws Exception {
        final String what = stage + " " + trouble;
        open();
        for (int i = 0; i < 2; i++) {
            write(500);
            store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
        }
        final Set<Path> created = ConcurrentHashMap.newKeySet();
        files.hook((operation, path) -> {
            if (operation == FileOperation.CREATE) {
                created.add(path);
            }
            if (stage.matches(operation, path, created) && trouble.operations.contains(operation)) {
                strikes.incrementAndGet();
                trouble.strike(path);
            }
        });
        endure(stage, trouble);
        checkState(what); // reads go on in any case
        files.hook((operation, path) -> {});
        assertThat(store.stateStore().failure() != null).as(what).isEqualTo(stage.stopsAt(trouble));
        if (store.stateStore().failure() == null) {
            goOn(stage, trouble, what);
            store.close();
        } else {
            closeStopped(what);
        }
        open();
        checkState(what + ", opened again");
        issued = acknowledged;
        for (int i = 0; i < 4; i++) { // what was superseded is deleted after the next ones
            write(10);
            store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
        }
        store.close();
        checkNothingLeftOver(what);
    }

    /** A log that has stopped half way is told of once more, since the ring must survive until the store is opened. */
    private void closeStopped(final String what) {
        try {
            store.close();
        } catch (final StoreFailedException e) {
            assertThat(e).as(what).hasMessageContaining(directory.toString()).hasMessageContaining("reopen");
        }
    }

    /** Works while the disk is in trouble, until that has struck and three more attempts were made. */
    private void endure(final Stage stage, final Trouble trouble) throws InterruptedException, TimeoutException {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        completed = 0;
        for (int left = 3; left > 0; left -= strikes.get() > 0 ? 1 : 0) {
            assertThat(System.nanoTime()).as("never struck").isLessThan(deadline);
            try {
                write(500);
                store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
                completed++;
            } catch (final StoreFailedException e) {
                assertThat(stage.stopsAt(trouble)).as("refused: " + e).isTrue();
                assertThat(e).hasMessageContaining(trouble.reason).hasMessageContaining(directory.toString());
            } catch (final ExecutionException e) {
                assertThat(stage.failsCheckpoints() || stage.stopsAt(trouble))
                        .as("failed: " + e.getCause())
                        .isTrue();
                assertThat(e.getCause()).isInstanceOf(StateStoreException.class);
                if (e.getCause() instanceof CheckpointFailedException) {
                    assertThat(e.getCause()).hasMessageContaining(directory.toString());
                }
            }
        }
        if (trouble == Trouble.SLOW || (!stage.failsCheckpoints() && !stage.stopsAt(trouble))) {
            assertThat(completed).as("checkpoints go on").isGreaterThanOrEqualTo(3);
        }
    }

    /** Without being opened again: the next checkpoint completes, and what merging and deleting left is made up for. */
    private void goOn(final Stage stage, final Trouble trouble, final String what) throws Exception {
        final long merges = store.status().checkpoints().merges();
        write(10);
        store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
        assertThat(store.status().checkpoints().failedInARow()).as(what).isZero();
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        while (!stage.failsCheckpoints() && store.status().checkpoints().merges() == merges) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            write(500);
            store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
        }
        if (stage == Stage.MERGE && trouble != Trouble.SLOW) {
            assertThat(store.status().checkpoints().failedMerges()).as(what).isPositive();
        }
        checkState(what + ", gone on");
    }

    /** Each call and all that follow it, until opening makes no more. */
    @ParameterizedTest
    @EnumSource(Trouble.class)
    void shouldNotBeCreatedHalfWhateverFails(final Trouble trouble) throws IOException {
        int failures = 0;
        boolean struck = true;
        for (int call = 0; struck; call++) {
            newDirectory("new-" + call);
            struck = openInTrouble(trouble, call);
            if (struck) {
                failures++;
                open(); // the trouble is over
            }
            write(10);
            checkState(trouble + " " + call);
            store.close();
            checkNothingLeftOver(trouble + " " + call);
        }
        assertThat(failures).isPositive();
    }

    @ParameterizedTest
    @EnumSource(Trouble.class)
    void shouldRecoverOnceTheTroubleIsOverWhateverFails(final Trouble trouble) throws Exception {
        open();
        write(100);
        store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
        write(100); // in the log only
        store.close();
        int failures = 0;
        boolean struck = true;
        for (int call = 0; struck; call++) {
            final String what = trouble + " " + call;
            struck = openInTrouble(trouble, call);
            if (struck) {
                failures++;
                open();
            }
            checkState(what);
            store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS); // or the log would be longer each time
            write(1);
            store.close();
            checkNothingLeftOver(what);
        }
        assertThat(failures).isPositive();
    }

    /** Returns whether the trouble has kept the store from being opened, or was a slow disk that has struck. */
    private boolean openInTrouble(final Trouble trouble, final int fromCall) {
        final Thread opening = Thread.currentThread();
        final AtomicInteger calls = new AtomicInteger();
        final AtomicInteger struck = new AtomicInteger();
        files.hook((operation, path) -> {
            if (Thread.currentThread() == opening
                    && trouble.operations.contains(operation)
                    && calls.getAndIncrement() >= fromCall) {
                struck.incrementAndGet();
                trouble.strike(path);
            }
        });
        try {
            open();
        } catch (final StateStoreException e) {
            assertThat(struck.get()).as("without reason: " + e).isPositive();
            assertThat(e).hasMessageContaining(directory.toString()).hasMessageContaining(trouble.reason);
            return true;
        } finally {
            files.hook((operation, path) -> {});
        }
        if (trouble == Trouble.SLOW && struck.get() > 0) {
            store.close();
            return true;
        }
        if (struck.get() > 0) {
            fail("a call failed and nobody noticed: " + trouble + " call=" + fromCall);
        }
        return false;
    }
}
