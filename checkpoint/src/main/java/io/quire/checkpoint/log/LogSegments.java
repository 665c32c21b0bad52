/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.FormatTooNewException;
import io.quire.store.errors.FormatTooOldException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The segments in a log's directory, in log order. A segment is <em>dead</em> when one that starts before it has a
 * later incarnation: recovery cut the log in front of it, and was killed before it could remove it.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class LogSegments {
    private final Set<String> names; // all that were in the directory; empty when another look may find more there
    private final List<LogSegment> live;
    private final List<Path> leftovers;
    private final long lastIncarnation;

    private LogSegments(
            final Set<String> names,
            final List<LogSegment> live,
            final List<Path> leftovers,
            final long lastIncarnation) {
        this.names = names;
        this.live = live;
        this.leftovers = leftovers;
        this.lastIncarnation = lastIncarnation;
    }

    /** Lists a directory and reads the headers of its segments. */
    static LogSegments scan(final StoreFiles files, final Path directory, final UUID storeId) {
        return readAll(files, directory, storeId, files.list(directory));
    }

    /**
     * What {@link #scan} would find now, but that a header is read again only when a file has come or gone since:
     * whether a file was replaced by one of its name, {@link #isReplaced} tells.
     */
    LogSegments rescan(final StoreFiles files, final Path directory, final UUID storeId) {
        final List<String> found = files.list(directory);
        return !names.isEmpty() && names.equals(Set.copyOf(found)) ? this : readAll(files, directory, storeId, found);
    }

    private static LogSegments readAll(
            final StoreFiles files, final Path directory, final UUID storeId, final List<String> names) {
        final List<LogSegment> found = new ArrayList<>();
        final List<Path> leftovers = new ArrayList<>();
        boolean isWhole = true;
        for (final String name : names) {
            final long startPosition = LogSegmentDescriptor.startPosition(name);
            if (startPosition >= 0) {
                final Optional<LogSegment> segment = read(files, directory.resolve(name), startPosition, storeId);
                segment.ifPresent(found::add);
                isWhole &= segment.isPresent() && segment.get().problem() == null;
            } else if (LogSegmentDescriptor.isTemporary(name)) {
                leftovers.add(directory.resolve(name));
            }
        }
        found.sort(Comparator.comparingLong(LogSegment::startPosition));
        final List<LogSegment> live = new ArrayList<>();
        long last = 0;
        for (final LogSegment segment : found) {
            final long incarnation = segment.header() == null
                    ? last
                    : segment.header().identity().incarnation();
            if (LogIdentity.count(incarnation) < LogIdentity.count(last)) {
                leftovers.add(segment.path());
            } else {
                live.add(segment);
                last = incarnation;
            }
        }
        return new LogSegments(isWhole ? Set.copyOf(names) : Set.of(), List.copyOf(live), List.copyOf(leftovers), last);
    }

    /** Whether another file has a segment's name by now. */
    static boolean isReplaced(final StoreFiles files, final LogSegment segment) {
        final LogSegmentHeader header = segment.checkedHeader();
        final UUID storeId = header.identity().storeId();
        return read(files, segment.path(), segment.startPosition(), storeId)
                .filter(now -> !header.equals(now.header()))
                .isPresent();
    }

    /** Empty when the file is gone, removed since by the retention of a live store. */
    private static Optional<LogSegment> read(
            final StoreFiles files, final Path path, final long startPosition, final UUID storeId) {
        try (StoreFile file = files.openRead(path)) {
            return Optional.of(
                    new LogSegment(path, startPosition, LogSegmentHeader.read(file, storeId, startPosition), null));
        } catch (final CorruptStoreException | FormatTooNewException | FormatTooOldException e) {
            return Optional.of(new LogSegment(path, startPosition, null, e));
        } catch (final StoreIoException e) {
            if (files.exists(path)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** Segments of the log, in order. */
    List<LogSegment> live() {
        return live;
    }

    /** Dead segments and files with temporary names, to be removed by the next writer. */
    List<Path> leftovers() {
        return leftovers;
    }

    /** Greatest incarnation of all segments, 0 without any. */
    long lastIncarnation() {
        return lastIncarnation;
    }

    /** Index of the segment that holds a position, or -1 when all start after it or there is none. */
    int indexOf(final long position) {
        int index = -1;
        for (int i = 0; i < live.size() && live.get(i).startPosition() <= position; i++) {
            index = i;
        }
        return index;
    }

    /** First segment that starts after another one, or null. */
    LogSegment after(final LogSegment segment) {
        final List<LogSegment> later = allAfter(segment);
        return later.isEmpty() ? null : later.get(0);
    }

    /** Segments that start after another one, in order. */
    List<LogSegment> allAfter(final LogSegment segment) {
        return live.subList(indexOf(segment.startPosition()) + 1, live.size());
    }

    /** Those in front of the first one from an index on that has a problem. */
    LogSegments untilProblem(final int index) {
        int end = Math.max(index, 0);
        while (end < live.size() && live.get(end).problem() == null) {
            end++;
        }
        return new LogSegments(names, live.subList(0, end), leftovers, lastIncarnation);
    }

    /** Problem of any live segment from an index on, or null; a version that is not known comes before any damage. */
    StateStoreException firstProblem(final int index) {
        StateStoreException first = null;
        for (int i = Math.max(index, 0); i < live.size(); i++) {
            final StateStoreException problem = live.get(i).problem();
            if (problem != null && !(problem instanceof CorruptStoreException)) {
                return problem;
            }
            first = first == null ? problem : first;
        }
        return first;
    }
}
