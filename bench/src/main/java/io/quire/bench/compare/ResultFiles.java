/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import com.fasterxml.jackson.jr.ob.JSON;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of a run: {@code result.json} (all in one), {@code cells.csv} (raw), {@code summary.csv} and {@code
 * table.txt}.
 *
 * <p>Threading: thread-safe, no state.
 */
final class ResultFiles {
    private ResultFiles() {}

    static void write(
            final Path directory,
            final Map<String, Object> head,
            final List<Cell> cells,
            final Results results,
            final String base) {
        try {
            CsvFile.write(
                    directory.resolve("cells.csv"),
                    cells.stream().map(Cell::toMessage).toList());
            final List<Message> summary = summary(results, base);
            CsvFile.write(directory.resolve("summary.csv"), summary);
            Files.writeString(directory.resolve("table.txt"), new RatioTable(results, base).text());
            final Map<String, Object> all = new LinkedHashMap<>();
            all.put("kind", "compare");
            all.putAll(head);
            all.put("summary", summary.stream().map(Message::fields).toList());
            all.put(
                    "cells",
                    cells.stream().map(cell -> cell.toMessage().fields()).toList());
            Files.writeString(
                    directory.resolve("result.json"),
                    JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(all) + "\n");
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Message> summary(final Results results, final String base) {
        final List<Message> rows = new ArrayList<>();
        for (final Cell.Place place : results.places()) {
            final Spread ns = results.nsPerOperation(place);
            final Spread ratio = results.ratio(place, base);
            final Message row = new Message()
                    .with("shape", place.shape().code())
                    .with("entries", place.entryCount())
                    .with("keys", place.keys().code())
                    .with("work", place.work().code())
                    .with("peer", place.peer())
                    .with("count", ns.count())
                    .with("nsMin", ns.min())
                    .with("nsLowerQuartile", ns.lowerQuartile())
                    .with("nsMedian", ns.median())
                    .with("nsUpperQuartile", ns.upperQuartile())
                    .with("nsMax", ns.max())
                    .with("bytesPerOperation", results.bytesPerOperation(place).median())
                    .with("disturbedCount", results.disturbedCount(place))
                    .with("trendingForkCount", results.trendingForkCount(place))
                    .with("base", base)
                    .with("ratioMedian", ratio == null ? "" : ratio.median())
                    .with("ratioMin", ratio == null ? "" : ratio.min())
                    .with("ratioMax", ratio == null ? "" : ratio.max());
            rows.add(row);
        }
        return rows;
    }
}
