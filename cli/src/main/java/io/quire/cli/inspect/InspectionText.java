/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.checkpoint.StoreInspection;
import io.quire.cli.Quantities;
import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An inspection as people read it.
 *
 * <p>Threading: confined to one thread.
 */
final class InspectionText {
    private static final int SCHEMA_LENGTH_MAX = 200;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss xxx", Locale.ROOT);

    private final StoreInspection store;
    private final ZoneId zone;
    private final StringBuilder text = new StringBuilder();

    InspectionText(final StoreInspection store, final ZoneId zone) {
        this.store = store;
        this.zone = zone;
    }

    String render() {
        line("store        %s", printable(store.directory().toString()));
        line("id           %s", store.storeId());
        line("open         %s", owner());
        if (store.owner() != null && mayBeOpen() && !store.owner().liveMemory().isEmpty()) {
            line("live memory  %s", printable(store.owner().liveMemory()));
        }
        line(
                "size         %s in %s pages, as of the newest checkpoint",
                Quantities.bytes(store.stateLength()), Quantities.count(store.pageCount()));
        appendStates();
        appendSchemas();
        appendMemory();
        appendCheckpoints();
        appendLog();
        if (!store.rejected().isEmpty()) {
            line("%nfiles that cannot be used");
            store.rejected().forEach(reason -> line("  %s", printable(reason)));
        }
        return text.toString();
    }

    private String owner() {
        if (store.owner() == null) {
            return "no";
        }
        final String who = "process " + store.owner().process().pid() + ", since "
                + time(store.owner().sinceMs());
        if (!store.owner().process().visible()) {
            return "perhaps; by " + who + ", of another container, which cannot be seen from here";
        }
        return store.ownerAlive()
                ? who + "; what it changed after the newest checkpoint is not shown"
                : "no; " + who + ", ended without closing it, and the next open recovers";
    }

    private boolean mayBeOpen() {
        return store.ownerAlive() || !store.owner().process().visible();
    }

    private void appendStates() {
        final List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {
            "states",
            "id",
            "kind",
            "key codec",
            "namespace codec",
            "map key codec",
            "value codec",
            "entries",
            "payload",
            "memory",
            "bytes/entry",
            "free"
        });
        for (final StoreInspection.State state : store.states()) {
            rows.add(new String[] {
                printable(state.descriptor().name()),
                Integer.toString(state.descriptor().id()),
                state.descriptor().kind().name(),
                printable(state.descriptor().keyCodec().toString()),
                printable(state.descriptor().codec(CodecRole.NAMESPACE).toString()),
                printable(state.descriptor().codec(CodecRole.MAP_KEY).toString()),
                printable(valueCodec(state.descriptor())),
                Quantities.count(state.statistics().entryCount()),
                Quantities.bytes(state.statistics().payloadLength()),
                Quantities.bytes(state.statistics().allocatedLength()),
                String.format(Locale.ROOT, "%.1f", state.statistics().bytesPerEntry()),
                String.format(Locale.ROOT, "%.0f %%", 100 * state.statistics().freeShare())
            });
        }
        table(rows, 7);
    }

    /** Every codec that values may have been written by; a schema too long for a line is cut here and whole in JSON. */
    private void appendSchemas() {
        final List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"schemas", "role", "mark", "writes", "codec", "schema"});
        for (final StoreInspection.State state : store.states()) {
            for (final Map.Entry<CodecRole, CodecHistory> codecs :
                    state.descriptor().codecs().entrySet()) {
                final CodecHistory history = codecs.getValue();
                for (int mark = 0; mark < history.identities().size(); mark++) {
                    final CodecIdentity identity = history.identities().get(mark);
                    if (!identity.equals(CodecIdentity.NONE)) {
                        rows.add(new String[] {
                            printable(state.descriptor().name()),
                            codecs.getKey().name(),
                            Integer.toString(mark),
                            mark == history.mark() ? "yes" : "no",
                            printable(identity.toString()),
                            schema(identity)
                        });
                    }
                }
            }
        }
        table(rows, rows.get(0).length);
    }

    private static String schema(final CodecIdentity identity) {
        final String schema = identity.schema().isEmpty() ? "-" : printable(identity.schema());
        return schema.length() <= SCHEMA_LENGTH_MAX ? schema : schema.substring(0, SCHEMA_LENGTH_MAX) + " ...";
    }

    private static String valueCodec(final StateDescriptor state) {
        return state.expiry().isNone()
                ? state.valueCodec().toString()
                : state.valueCodec() + ", expiry " + state.expiry().describe();
    }

    private void appendMemory() {
        final List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"memory by kind", "extents", "bytes"});
        for (final ExtentKind kind : ExtentKind.values()) {
            final long count = store.extentsByKind().getOrDefault(kind, 0L);
            if (count > 0) {
                rows.add(new String[] {
                    kind.name(), Quantities.count(count), Quantities.bytes(count * PageDescriptor.EXTENT_LENGTH)
                });
            }
        }
        table(rows, 1);
    }

    private void appendCheckpoints() {
        final List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"checkpoints", "manifest", "taken", "files", "bytes", "log position"});
        for (final StoreInspection.Checkpoint checkpoint : store.checkpoints()) {
            rows.add(new String[] {
                Long.toString(checkpoint.checkpointId()),
                Long.toString(checkpoint.generation()),
                time(checkpoint.takenAtMs()),
                Integer.toString(checkpoint.files().size()),
                Quantities.bytes(checkpoint.length()),
                Quantities.count(checkpoint.logPosition())
            });
        }
        table(rows, 3);
        final List<String[]> files = new ArrayList<>();
        files.add(new String[] {"files of the newest checkpoint", "of checkpoints", "bytes", "pages", "lines"});
        for (final StoreInspection.CheckpointFile file : newestFiles()) {
            files.add(new String[] {
                file.name(),
                file.oldestCheckpointId() + ".." + file.newestCheckpointId(),
                Quantities.bytes(file.length()),
                Quantities.count(file.pageCount()),
                Quantities.count(file.lineCount())
            });
        }
        table(files, 2);
    }

    private List<StoreInspection.CheckpointFile> newestFiles() {
        return store.checkpoints().isEmpty()
                ? List.of()
                : store.checkpoints().get(0).files();
    }

    private void appendLog() {
        final List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"log segments", "bytes", "start position"});
        for (final StoreInspection.LogSegmentFile segment : store.logSegments()) {
            rows.add(new String[] {
                segment.name(), Quantities.bytes(segment.length()), Quantities.count(segment.startPosition())
            });
        }
        table(rows, 1);
    }

    private String time(final long timeMs) {
        return TIME.format(Instant.ofEpochMilli(timeMs).atZone(zone));
    }

    /** Lines up columns: the first ones to the left, numbers to the right. */
    private void table(final List<String[]> rows, final int firstNumber) {
        final int[] widths = new int[rows.get(0).length];
        for (final String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length() + (row != rows.get(0) && i == 0 ? 2 : 0));
            }
        }
        text.append('\n');
        for (final String[] row : rows) {
            final StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                final String cell = row != rows.get(0) && i == 0 ? "  " + row[i] : row[i];
                final String padding = " ".repeat(widths[i] - cell.length());
                line.append(i < firstNumber ? cell + padding : padding + cell).append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        if (rows.size() == 1) {
            text.append("  none\n");
        }
    }

    @SuppressWarnings("AnnotateFormatMethod")
    private void line(final String format, final Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    /** Text from files may hold anything; a terminal should not obey it. */
    static String printable(final String value) {
        final StringBuilder printable = new StringBuilder(value.length());
        value.codePoints()
                .forEach(c -> printable.appendCodePoint(
                        Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE ? '?' : c));
        return printable.toString();
    }
}
