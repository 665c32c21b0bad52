/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.checkpoint.ChangeListener;
import io.quire.store.catalog.StateDescriptor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Prints changes, one a line.
 *
 * <p>Threading: confined to one thread.
 */
final class LogPrinter implements ChangeListener {
    private final OutputStream out;
    private final boolean json;
    private final String onlyState;
    private final long limit;
    private final ShownBytes shown;
    private final StringBuilder line = new StringBuilder();
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
        this.shown = new ShownBytes(shownLength);
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
        if (begin(position, state, value == null ? "remove" : "put")) {
            append("key", ShownBytes.formOfKey(state), key);
            if (value != null) {
                append("value", ShownBytes.formOfValue(state), value);
            }
            end();
        }
    }

    @Override
    public void onOperation(
            final long position,
            final StateDescriptor state,
            final byte type,
            final DirectBuffer key,
            final DirectBuffer operand) {
        if (begin(position, state, "operation-" + type)) {
            append("key", ShownBytes.formOfKey(state), key);
            append("operand", ShownBytes.Form.BYTES, operand);
            end();
        }
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

    private void append(final String field, final ShownBytes.Form form, final DirectBuffer bytes) {
        if (json) {
            line.append(",\"").append(field).append("\":");
            shown.appendJson(line, form, bytes);
        } else {
            shown.appendText(line.append('\t'), form, bytes);
        }
    }

    private void end() {
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
