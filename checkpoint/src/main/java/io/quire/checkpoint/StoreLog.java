/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.live.BootIdentity;
import io.quire.checkpoint.live.LivePlace;
import io.quire.checkpoint.live.OwnerRecord;
import io.quire.checkpoint.log.LogFollower;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.store.KeyedState;
import io.quire.store.StateStore;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.SurvivingRing;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.LogTruncatedException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;

/**
 * Reads the change log of a store from outside, whether it is open in another process, closed, dead or hung: the log
 * segments, and then what is in the ring only. Reads only, takes no lock, and the owner does not notice.
 *
 * <p>The names of states come from the newest checkpoint and from the log itself.
 *
 * <p>Threading: confined to one thread, which must not be interrupted.
 */
public final class StoreLog implements AutoCloseable {
    /** Stands for the oldest position that the log is known to go back to. */
    public static final long OLDEST = -1;

    private static final int ATTEMPTS = 5;
    private static final int RING_ATTEMPTS = 100;

    private final StoreFiles files;
    private final Path directory;
    private final UUID storeId;
    private final long bootIdHash = BootIdentity.currentHash();
    private final Path sharedMemoryDirectory;
    private final Map<Integer, StateDescriptor> states;
    private final ChangeDispatch dispatch;
    private final HandedChanges handed; // between the follower and the dispatch
    private final long fromPosition;
    private final long checkpointPosition; // of the newest
    private final boolean logged; // whether changes since are in the log
    private long statesPosition; // that the states known are those of
    private LogFollower follower;
    private long uncomparedEnd; // log position that a log begun anew has to reach; 0 when that is known
    private long position;
    private LogTruncatedException ended; // by changes that are missing behind the position, or null

    private StoreLog(
            final StoreFiles files,
            final Path directory,
            final long from,
            final Path sharedMemoryDirectory,
            final ChangeListener listener) {
        this.files = files;
        this.directory = directory;
        this.sharedMemoryDirectory = sharedMemoryDirectory;
        final List<Manifest> manifests =
                ManifestCatalog.scan(files, directory, null).newestFirst();
        if (manifests.isEmpty()) {
            StoreDirectory.checkNew(files, directory);
            throw new ConfigurationException("no checkpoint can be used, so this is no store: " + directory);
        }
        storeId = manifests.get(0).storeId();
        checkpointPosition = manifests.get(0).cut().logPosition();
        logged = PublishedCheckpoints.isLogged(manifests.get(0));
        final long oldest = manifests.get(manifests.size() - 1).cut().logPosition();
        fromPosition = from == OLDEST ? oldest : from;
        states = readStates(manifests);
        final Path logDirectory = directory.resolve(StoreDirectory.LOG_DIRECTORY);
        dispatch = new ChangeDispatch(
                new Behind(listener),
                states::get,
                (start, limit, handler) ->
                        new LogFollower(files, logDirectory, storeId, bootIdHash, start, limit, handler),
                () -> Long.MAX_VALUE);
        handed = new HandedChanges(startOf(manifests), dispatch);
        follower = dispatch.open(handed.endPosition(), handed);
        position = fromPosition;
    }

    /**
     * Opens the log of a store.
     *
     * @param directory where the store is
     * @param fromPosition log position from which changes are handed over: those that end behind it; {@link #OLDEST}
     *     for the position of the oldest checkpoint kept
     * @param sharedMemoryDirectory where the memory file system is mounted, usually {@code /dev/shm}
     * @param listener takes the changes, on the thread that polls
     * @return the log, to be polled
     * @throws ConfigurationException when there is no store, or the position is none
     * @throws LogTruncatedException when the log does not go back to the position
     * @throws CorruptStoreException when files are damaged
     * @throws io.quire.store.errors.StoreIoException when a file cannot be read
     */
    public static StoreLog open(
            final Path directory,
            final long fromPosition,
            final Path sharedMemoryDirectory,
            final ChangeListener listener) {
        return open(new DiskStoreFiles(), directory, fromPosition, sharedMemoryDirectory, listener);
    }

    /** Opens the log of a store through a file layer. */
    static StoreLog open(
            final StoreFiles files,
            final Path directory,
            final long fromPosition,
            final Path sharedMemoryDirectory,
            final ChangeListener listener) {
        if (fromPosition < OLDEST) {
            throw new ConfigurationException("no log position: " + fromPosition);
        }
        final Path real = StoreDirectory.existing(files, directory);
        for (int i = 1; i < ATTEMPTS; i++) {
            try {
                return new StoreLog(files, real, fromPosition, sharedMemoryDirectory, listener);
            } catch (final CorruptStoreException e) {
                // An owner may have replaced files between two reads; a look from the start tells.
            }
        }
        return new StoreLog(files, real, fromPosition, sharedMemoryDirectory, listener);
    }

    /**
     * The newest checkpoint at or before the position: there a change ends, and the log names later states. When it is
     * newer than the one whose states could be read it is that one, behind which the log says what became of them.
     */
    private long startOf(final List<Manifest> newestFirst) {
        for (final Manifest manifest : newestFirst) {
            if (manifest.cut().logPosition() <= fromPosition) {
                return Math.min(manifest.cut().logPosition(), statesPosition);
            }
        }
        return fromPosition;
    }

    private Map<Integer, StateDescriptor> readStates(final List<Manifest> newestFirst) {
        CorruptStoreException problem = null;
        for (final Manifest manifest : newestFirst) {
            try {
                final Map<Integer, StateDescriptor> found = readStates(manifest);
                statesPosition = manifest.cut().logPosition();
                return found;
            } catch (final CorruptStoreException e) {
                problem = problem == null ? e : problem;
            }
        }
        throw problem;
    }

    private Map<Integer, StateDescriptor> readStates(final Manifest manifest) {
        final Map<Integer, StateDescriptor> found = new HashMap<>();
        if (manifest.layout().pageCount() > 0) {
            try (PageChain chain = PageChain.open(files, directory, manifest.files());
                    StateStore store = new StateStore(StoreInspection.open(chain, manifest))) {
                for (final KeyedState state : store.states()) {
                    found.put(state.descriptor().id(), state.descriptor());
                }
            }
        }
        return found;
    }

    /**
     * Hands over the changes of the next block of the log, or what is in the ring. Does not wait.
     *
     * @return false when there is nothing more by now
     * @throws LogTruncatedException when the owner has deleted what was not read yet, or when an owner was told to give
     *     changes up that were read already, so that others are at their positions now, or, unless the listener goes
     *     on, when changes were made that are not in the log
     * @throws CorruptStoreException when the log is damaged
     * @throws io.quire.store.errors.StoreIoException when a file cannot be read
     */
    public boolean poll() {
        if (ended != null) {
            throw ended;
        }
        for (int i = 0; i < RING_ATTEMPTS; i++) {
            if (pollSegments()) {
                return true;
            }
            boolean isBehind = false;
            for (final Path file : ringFiles()) {
                try (SurvivingRing ring = SurvivingRing.read(file, storeId, bootIdHash)) {
                    if (follower.pollRing(ring)) {
                        return true;
                    }
                    isBehind |= ring.status() == SurvivingRing.Status.VALID && ring.tail() > follower.endPosition();
                }
            }
            if (!isBehind) {
                return false;
            }
            Thread.yield(); // the owner has just written to its files what the ring had a moment ago
        }
        return false;
    }

    /**
     * Reads on. An owner that opens the store begins the log anew: behind its end, or at an earlier place, where it
     * cuts a segment or puts another in its place. Then what is being read leads nowhere, or looks damaged.
     */
    private boolean pollSegments() {
        for (int i = 1; i < ATTEMPTS; i++) {
            try {
                if (follower.poll()) {
                    return true;
                }
                if (!follower.isSuperseded()) {
                    checkReached();
                    return false;
                }
            } catch (final CorruptStoreException e) {
                if (!follower.isSupersededWhereDamaged()) {
                    throw e;
                }
            }
            reopen();
        }
        return follower.poll();
    }

    private void reopen() {
        for (int i = 1; i < ATTEMPTS; i++) {
            try {
                openAnew();
                return;
            } catch (final CorruptStoreException e) {
                // The owner may have deleted or replaced a segment between two reads, or another one have come.
            }
        }
        openAnew();
    }

    /** What is open stays so until what replaces it is. */
    private void openAnew() {
        final LogFollower former = follower;
        LogFollower next = null;
        boolean isOpen = false;
        try {
            next = openToCompare();
            compare(next);
            follower = next;
            isOpen = true;
        } finally {
            if (isOpen) {
                former.close();
            } else {
                handed.endCheck();
                dispatch.resume(former);
                CloseHelper.quietClose(next);
            }
        }
    }

    private LogFollower openToCompare() {
        uncomparedEnd = 0;
        handed.beginCheck();
        try {
            return dispatch.open(handed.checkPosition(), handed);
        } catch (final LogTruncatedException e) {
            // A checkpoint has made that place superfluous, but perhaps not what is to be read next.
            final LogFollower next = dispatch.open(handed.endPosition(), handed);
            handed.endCheck();
            uncomparedEnd = handed.endPosition();
            return next;
        }
    }

    /** Reads again what was handed over last. All that an owner keeps is in the log before it adds anything. */
    private void compare(final LogFollower next) {
        String found = "other changes";
        try {
            boolean isMore = true;
            while (isMore && handed.check() == HandedChanges.Check.UNDERWAY) {
                isMore = next.poll();
            }
            if (handed.check() == HandedChanges.Check.SAME) {
                return;
            }
            if (handed.check() == HandedChanges.Check.UNDERWAY) {
                found = "end at position " + next.readPosition();
            }
        } catch (final ConfigurationException e) {
            // What ended where reading begins again ends there no longer.
        }
        if (next.isSupersededWhereDamaged()) {
            throw new CorruptStoreException("the log was begun anew while it was read: directory=" + directory);
        }
        throw givenUp(found);
    }

    private void checkReached() {
        if (follower.readPosition() < uncomparedEnd) {
            throw givenUp("end at position " + follower.readPosition());
        }
        uncomparedEnd = 0;
    }

    private LogTruncatedException givenUp(final String found) {
        return new LogTruncatedException("an owner has begun the log anew without changes that were read: directory="
                + directory + " read up to position=" + handed.endPosition() + " compared from position="
                + handed.checkPosition() + " found=" + found + "; begin anew from the state itself");
    }

    /**
     * Where the log ends now, as far as can be told without reading it.
     *
     * @return position after the last change in the ring; -1 when there is no ring, and only reading tells
     */
    public long ringEnd() {
        long end = -1;
        for (final Path file : ringFiles()) {
            end = Math.max(end, Math.max(ringEnd(file, false), ringEnd(ChangeRing.preparedPath(file), true)));
        }
        return end;
    }

    /** An owner that opens the store may have begun the log, and not yet its ring; or neither: that is no end. */
    private long ringEnd(final Path file, final boolean isPrepared) {
        try (SurvivingRing ring = SurvivingRing.read(file, storeId, bootIdHash)) {
            return ring.status() == SurvivingRing.Status.VALID && (!isPrepared || follower.isNewest(ring.incarnation()))
                    ? ring.tail()
                    : -1;
        }
    }

    /**
     * Why the log may have had more than was read, once {@link #poll} has returned false: then what follows is damaged
     * or missing. An end that a restart of the system has torn is none. Of an owner at work it may be an instant only.
     *
     * @return what is wrong and where the log ends, or an empty string
     * @throws io.quire.store.errors.StoreIoException when a file cannot be read
     */
    public String endProblem() {
        final long end = readPosition();
        final String where =
                "the log is damaged behind its last change that can be read, or ends too early: end=" + end;
        if (end < checkpointPosition) {
            return where + " newest checkpoint=" + checkpointPosition;
        }
        final long ringEnd = ringEnd();
        if (ringEnd > end) {
            return where + " ring end=" + ringEnd;
        }
        return ringEnd >= 0 || !logged || follower.isEndProven()
                ? ""
                : where + "; it was not closed in order, and no ring says where it ended";
    }

    private List<Path> ringFiles() {
        return new LivePlace(directory, storeId, sharedMemoryDirectory).ringFiles(OwnerRecord.read(directory));
    }

    /** {@return log position up to which changes were handed over, or passed over because they are before the first} */
    public long position() {
        return position;
    }

    /**
     * Log position up to which the log was read so far, also where that is before {@link #fromPosition}. Once {@link
     * #poll} has returned false it is where the log ends.
     *
     * @return position
     */
    public long readPosition() {
        return follower.endPosition();
    }

    /** {@return log position from which changes are handed over} */
    public long fromPosition() {
        return fromPosition;
    }

    @Override
    public void close() {
        follower.close();
    }

    /** The listener, without what ends at or before the position that was asked for. */
    private final class Behind implements ChangeListener {
        private final ChangeListener listener;

        Behind(final ChangeListener listener) {
            this.listener = listener;
        }

        @Override
        public void onChange(
                final long at, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
            if (at > fromPosition) {
                listener.onChange(at, state, key, value);
            }
        }

        @Override
        public void onClear(final long at, final StateDescriptor state) {
            if (at > fromPosition) {
                listener.onClear(at, state);
            }
        }

        @Override
        public void onOperation(
                final long at,
                final StateDescriptor state,
                final byte type,
                final DirectBuffer key,
                final DirectBuffer operand) {
            if (at > fromPosition) {
                listener.onOperation(at, state, type, key, operand);
            }
        }

        @Override
        public void onCreate(final long at, final StateDescriptor state) {
            if (at > fromPosition) {
                listener.onCreate(at, state);
            }
        }

        @Override
        public void onAlter(final long at, final StateDescriptor state) {
            if (at > fromPosition) {
                listener.onAlter(at, state);
            }
        }

        @Override
        public void onDrop(final long at, final StateDescriptor state) {
            if (at > fromPosition) {
                listener.onDrop(at, state);
            }
        }

        @Override
        public void onUnlogged(final long at) {
            if (at > fromPosition) {
                try {
                    listener.onUnlogged(at);
                } catch (final LogTruncatedException e) {
                    ended = e;
                    throw e;
                }
            }
        }

        @Override
        public void onGroupEnd(final long at) {
            if (at > fromPosition) {
                listener.onGroupEnd(at);
                position = at;
            }
        }
    }
}
