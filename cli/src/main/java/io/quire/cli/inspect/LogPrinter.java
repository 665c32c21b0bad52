/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.checkpoint.ChangeListener;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.catalog.StateKind;
import io.quire.store.changelog.ChangeRecordDescriptor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Prints changes, one a line. What kinds of states define is told apart: the key, its namespace and the key inside a
 * map or the timestamp of a timer, which the log has in one; the elements of a list one by one. What is not what its
 * state says is shown as bytes, with what is wrong about it.
 *
 * <p>Threading: confined to one thread.
 */
final class LogPrinter implements ChangeListener {
    private static final int RENEWAL_LENGTH = Long.BYTES + Long.BYTES + Integer.BYTES;

    private final OutputStream out;
    private final boolean json;
    private final String onlyState;
    private final long limit;
    private final int shownLength;
    private final ShownValues shown;
    private final StringBuilder line = new StringBuilder();
    private String problem; // what is wrong with the change first
    private long count;

    /**
     * Creates the printer.
     *
     * @param out takes the lines
     * @param json whether each is a JSON object
     * @param onlyState name of the state whose changes are printed, or null for all
     * @param limit changes after which it is done
     * @param shownLength bytes of a key or value that are shown
     */
    LogPrinter(
            final OutputStream out,
            final boolean json,
            final String onlyState,
            final long limit,
            final int shownLength) {
        this.out = out;
        this.json = json;
        this.onlyState = onlyState;
        this.limit = limit;
        this.shownLength = shownLength;
        shown = new ShownValues(shownLength);
    }

    /** Ends the reading: enough was printed, or it cannot be printed any more. */
    static final class DoneException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DoneException(final IOException failure) {
            super("done", failure, false, false);
        }

        /** Throws what has kept the printer from printing, if anything has. */
        void rethrowFailure() throws IOException {
            if (getCause() instanceof IOException failure) {
                throw failure;
            }
        }
    }

    /** Throws when no further change is wanted. */
    void checkLimit() {
        if (count >= limit) {
            throw new DoneException(null);
        }
    }

    @Override
    public void onChange(
            final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
        final String put = isOfTimers(state) ? "register" : "put";
        if (begin(position, state, value == null ? "remove" : put)) {
            if (isOfTimers(state)) {
                appendTimer(state, key);
            } else if (state.kind() == StateKind.MAP) {
                appendEntryKey(state, key);
            } else {
                appendKey("", state, key, key.capacity());
            }
            if (value != null && isOfTimers(state)) {
                appendSurplus(value);
            } else if (value != null) {
                field("value", "");
                shown.appendValue(line, json, state, value, 0, value.capacity());
            }
            end();
        }
    }

    private static boolean isOfTimers(final StateDescriptor state) {
        return state.kind() == StateKind.EVENT_TIME_TIMERS || state.kind() == StateKind.PROCESSING_TIME_TIMERS;
    }

    @Override
    public void onOperation(
            final long position,
            final StateDescriptor state,
            final byte type,
            final DirectBuffer key,
            final DirectBuffer operand) {
        if (begin(position, state, operation(type))) {
            appendKey("", state, key, key.capacity());
            switch (type) {
                case ChangeRecordDescriptor.TYPE_LIST_APPEND, ChangeRecordDescriptor.TYPE_LIST_REPLACE ->
                    appendElements(state, operand);
                case ChangeRecordDescriptor.TYPE_LIST_MERGE -> appendKey("from", state, operand, operand.capacity());
                case ChangeRecordDescriptor.TYPE_LIST_REMOVE_FIRST -> appendCount(operand);
                case ChangeRecordDescriptor.TYPE_LIST_RENEW -> appendRenewal(operand);
                case ChangeRecordDescriptor.TYPE_MAP_CLEAR -> appendSurplus(operand); // the key says it all
                default -> appendBytes("operand", operand);
            }
            end();
        }
    }

    private static String operation(final byte type) {
        return switch (type) {
            case ChangeRecordDescriptor.TYPE_LIST_APPEND -> "append";
            case ChangeRecordDescriptor.TYPE_LIST_REPLACE -> "replace";
            case ChangeRecordDescriptor.TYPE_LIST_MERGE -> "merge";
            case ChangeRecordDescriptor.TYPE_LIST_REMOVE_FIRST -> "remove-first";
            case ChangeRecordDescriptor.TYPE_LIST_RENEW -> "renew";
            case ChangeRecordDescriptor.TYPE_MAP_CLEAR -> "remove-all";
            default -> "operation-" + type;
        };
    }

    @Override
    public void onClear(final long position, final StateDescriptor state) {
        if (begin(position, state, "clear")) {
            end();
        }
    }

    @Override
    public void onCreate(final long position, final StateDescriptor state) {
        print(position, state, "create");
    }

    @Override
    public void onAlter(final long position, final StateDescriptor state) {
        print(position, state, "alter");
    }

    @Override
    public void onDrop(final long position, final StateDescriptor state) {
        print(position, state, "drop");
    }

    private void print(final long position, final StateDescriptor state, final String operation) {
        if (begin(position, state, operation)) {
            if (json) {
                line.append(",\"kind\":\"").append(state.kind().name()).append('"');
            } else {
                line.append('\t').append(state.kind().name());
            }
            end();
        }
    }

    private boolean begin(final long position, final StateDescriptor state, final String operation) {
        if (onlyState != null && !onlyState.equals(state.name())) {
            return false;
        }
        line.setLength(0);
        if (json) {
            line.append("{\"position\":").append(position).append(",\"state\":");
            Json.quote(line, state.name());
            line.append(",\"op\":\"").append(operation).append('"');
        } else {
            line.append(position)
                    .append('\t')
                    .append(InspectionText.printable(state.name()))
                    .append('\t')
                    .append(operation);
        }
        return true;
    }

    /** A key, and behind it its namespace where the state has them: {@code [key][namespace][length of the key]}. */
    private void appendKey(
            final String label, final StateDescriptor state, final DirectBuffer bytes, final int length) {
        final int trailer = length - Integer.BYTES;
        final boolean namespaced = state.codecs().containsKey(CodecRole.NAMESPACE);
        final int keyLength = namespaced ? lengthAt(bytes, trailer) : length;
        if (keyLength < 0 || (namespaced && keyLength > trailer)) {
            malformed(label.isEmpty() ? "key" : label, bytes, keyLength);
            return;
        }
        field(label.isEmpty() ? "key" : label, label);
        shown.appendKey(line, json, state, CodecRole.KEY, bytes, 0, keyLength);
        if (namespaced) {
            final String namespace = label.isEmpty() ? "namespace" : label + "Namespace";
            field(namespace, namespace);
            shown.appendKey(line, json, state, CodecRole.NAMESPACE, bytes, keyLength, trailer - keyLength);
        }
    }

    /** {@code [key][key inside the map][length of the former]}. */
    private void appendEntryKey(final StateDescriptor state, final DirectBuffer bytes) {
        final int trailer = bytes.capacity() - Integer.BYTES;
        final int keyLength = lengthAt(bytes, trailer);
        if (keyLength < 0 || keyLength > trailer) {
            malformed("key", bytes, keyLength);
            return;
        }
        appendKey("", state, bytes, keyLength);
        field("entry", "entry");
        shown.appendKey(line, json, state, CodecRole.MAP_KEY, bytes, keyLength, trailer - keyLength);
    }

    /** {@code [key][timestamp][length of the key]}. */
    private void appendTimer(final StateDescriptor state, final DirectBuffer bytes) {
        final int trailer = bytes.capacity() - Integer.BYTES;
        final int keyLength = lengthAt(bytes, trailer);
        if (keyLength < 0 || keyLength != trailer - Long.BYTES) {
            malformed("key", bytes, keyLength);
            return;
        }
        appendKey("", state, bytes, keyLength);
        field("timestamp", "timestamp");
        line.append(bytes.getLong(keyLength, ByteOrder.LITTLE_ENDIAN));
    }

    private static int lengthAt(final DirectBuffer bytes, final int offset) {
        return offset < 0 ? -1 : bytes.getInt(offset, ByteOrder.LITTLE_ENDIAN);
    }

    private void appendCount(final DirectBuffer operand) {
        if (operand.capacity() != Long.BYTES) {
            problem("count has another length than 8: length=" + operand.capacity());
            appendBytes("operand", operand);
            return;
        }
        field("count", "count");
        line.append(operand.getLong(0, ByteOrder.LITTLE_ENDIAN));
    }

    /** {@code [timestamp][least timestamp of those that get it][where it begins]}. */
    private void appendRenewal(final DirectBuffer operand) {
        if (operand.capacity() != RENEWAL_LENGTH) {
            problem("renewal has another length than " + RENEWAL_LENGTH + ": length=" + operand.capacity());
            appendBytes("operand", operand);
            return;
        }
        field("timestamp", "timestamp");
        line.append(operand.getLong(0, ByteOrder.LITTLE_ENDIAN));
        field("since", "since");
        line.append(operand.getLong(Long.BYTES, ByteOrder.LITTLE_ENDIAN));
    }

    /** Elements, each with its length before it, as many as are shown of a value; and how many there are. */
    private void appendElements(final StateDescriptor state, final DirectBuffer items) {
        final int start = line.length();
        field("elements", "");
        line.append('[');
        int at = 0;
        long count = 0;
        boolean isCut = false;
        while (at < items.capacity()) {
            final int length = lengthOfItem(items, at);
            final int element = at + prefixLength(length);
            if (length < 0 || length > items.capacity() - element) {
                line.setLength(start);
                problem("element " + count + " goes beyond the end: offset=" + at + " length=" + items.capacity());
                appendBytes("operand", items);
                return;
            }
            isCut |= count > 0 && element + length > shownLength;
            if (!isCut) {
                line.append(count == 0 ? "" : ",");
                shown.appendValue(line, json, state, items, element, length);
            }
            at = element + length;
            count++;
        }
        line.append(']');
        if (json) {
            line.append(",\"count\":").append(count);
        } else if (isCut) {
            line.append("...(").append(count).append(')');
        }
    }

    /** Seven bits a byte, the lowest first, all but the last byte negative; -1 when it is none. */
    private static int lengthOfItem(final DirectBuffer items, final int offset) {
        int length = 0;
        for (int i = 0; i < 4 && offset + i < items.capacity(); i++) {
            final byte next = items.getByte(offset + i);
            length |= (next & 0x7f) << (7 * i);
            if (next >= 0) {
                return length;
            }
        }
        return -1;
    }

    private static int prefixLength(final int itemLength) {
        int length = 1;
        for (int rest = itemLength >>> 7; rest > 0; rest >>>= 7) {
            length++;
        }
        return length;
    }

    /** A key whose parts do not fit into it. */
    private void malformed(final String name, final DirectBuffer bytes, final int keyLength) {
        problem("key does not have the parts that its state says: length=" + bytes.capacity()
                + (bytes.capacity() < Integer.BYTES ? "" : " of the key alone=" + keyLength));
        appendBytes(name, bytes);
    }

    /** Bytes where there must be none. */
    private void appendSurplus(final DirectBuffer bytes) {
        if (bytes.capacity() > 0) {
            problem("there is more than a key: length=" + bytes.capacity());
            appendBytes("operand", bytes);
        }
    }

    private void problem(final String found) {
        problem = problem == null ? found : problem;
    }

    private void appendBytes(final String name, final DirectBuffer bytes) {
        field(name, "");
        shown.appendBytes(line, json, bytes);
    }

    /** Begins a field: its name for programs, its label, if any, for readers. */
    private void field(final String name, final String label) {
        if (json) {
            line.append(",\"").append(name).append("\":");
        } else {
            line.append('\t').append(label).append(label.isEmpty() ? "" : "=");
        }
    }

    private void end() {
        final String ofContent = shown.takeProblem();
        if (problem != null || ofContent != null) {
            field("malformed", "malformed");
            Json.quote(line, problem != null ? problem : ofContent);
            problem = null;
        }
        if (json) {
            line.append('}');
        }
        line.append('\n');
        try {
            out.write(line.toString().getBytes(StandardCharsets.UTF_8));
        } catch (final IOException e) {
            throw new DoneException(e);
        }
        count++;
        checkLimit();
    }
}
