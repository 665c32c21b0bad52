/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

/**
 * Draws how far something is, to fit into a number of columns.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param label what is going on, a word or two
 * @param detail what exactly, such as a file name; cut first when there is no room
 * @param done how much is done
 * @param total how much there is, -1 when unknown
 * @param ratePerSecond how much a second
 * @param unit what is counted
 */
public record ProgressLine(String label, String detail, long done, long total, double ratePerSecond, Unit unit) {
    private static final int BAR_MIN = 8;
    private static final int BAR_MAX = 30;
    private static final int DETAIL_MAX = 60;
    private static final long ETA_MAX_SECONDS = 100L * 3600;

    /** What is counted. */
    public enum Unit {
        /** Bytes. */
        BYTES,
        /** Things. */
        COUNT
    }

    /**
     * One line without a bar.
     *
     * @return such as {@code wordcount: 45%, 121.5 MB of 270.1 MB, 85.2 MB/s, ETA 0:02, a.txt}
     */
    public String plain() {
        final StringBuilder line = new StringBuilder(label).append(": ");
        if (total > 0) {
            line.append(percent()).append("%, ");
        }
        line.append(amount(done));
        if (total > 0) {
            line.append(" of ").append(amount(total));
        }
        line.append(", ").append(rate());
        final String eta = eta();
        if (!eta.isEmpty()) {
            line.append(", ETA ").append(eta);
        }
        if (!detail.isEmpty()) {
            line.append(", ").append(shortened(detail, DETAIL_MAX));
        }
        return line.toString();
    }

    /**
     * One line for a terminal.
     *
     * @param width columns there are; the line is never longer
     * @return such as {@code wordcount [#######-----]  45%  121.5 MB / 270.1 MB  85.2 MB/s  ETA 0:02  a.txt}
     */
    public String bar(final int width) {
        final StringBuilder tail = new StringBuilder();
        if (total > 0) {
            tail.append(String.format(java.util.Locale.ROOT, "%3d%%  ", percent()));
        }
        tail.append(amount(done));
        if (total > 0) {
            tail.append(" / ").append(amount(total));
        }
        tail.append("  ").append(rate());
        final String eta = eta();
        if (!eta.isEmpty()) {
            tail.append("  ETA ").append(eta);
        }
        final StringBuilder line = new StringBuilder(label).append(' ');
        final int room = width - line.length() - tail.length() - 3;
        if (total > 0 && room >= BAR_MIN) {
            final int detailRoom = detail.isEmpty() ? 0 : Math.min(detail.length(), 24) + 2;
            appendBar(line, Math.min(BAR_MAX, Math.max(BAR_MIN, room - detailRoom)));
        }
        line.append(tail);
        final int left = width - line.length() - 2;
        if (!detail.isEmpty() && left >= 4) {
            line.append("  ").append(shortened(detail, left));
        }
        return line.length() <= width ? line.toString() : line.substring(0, width);
    }

    private void appendBar(final StringBuilder line, final int width) {
        final int filled = (int) (Math.min(1.0, done / (double) total) * width);
        line.append('[')
                .append("#".repeat(filled))
                .append("-".repeat(width - filled))
                .append("] ");
    }

    private static String shortened(final String text, final int width) {
        final StringBuilder printable = new StringBuilder();
        text.chars().forEach(c -> printable.append(c < ' ' || Character.isSurrogate((char) c) ? '?' : (char) c));
        return printable.length() <= width
                ? printable.toString()
                : ".." + printable.substring(printable.length() - width + 2);
    }

    private int percent() {
        return (int) Math.min(100, done * 100.0 / total);
    }

    private String amount(final long value) {
        return unit == Unit.BYTES ? Quantities.bytes(value) : Quantities.count(value);
    }

    private String rate() {
        return amount((long) ratePerSecond) + "/s";
    }

    private String eta() {
        if (total <= 0 || ratePerSecond < 1 || done >= total) {
            return "";
        }
        final double seconds = Math.ceil((total - done) / ratePerSecond);
        return seconds > ETA_MAX_SECONDS ? "" : Quantities.clock((long) seconds);
    }
}
