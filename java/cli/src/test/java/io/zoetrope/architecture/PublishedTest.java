package io.zoetrope.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.DataSets;
import io.zoetrope.data.EmojiSet;
import io.zoetrope.model.PretrainedModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What is published fits together: the bill of materials has all of it, in one version. */
class PublishedTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
    private static final Pattern ARTIFACT = Pattern.compile("<artifactId>(zoetrope[\\w-]*)</artifactId>");

    private static String pom(String folder) throws IOException {
        return Files.readString(ROOT.resolve(folder).resolve("pom.xml"));
    }

    private static String first(Pattern pattern, String text) {
        Matcher found = pattern.matcher(text);
        assertThat(found.find()).as(pattern.pattern()).isTrue();
        return found.group(1);
    }

    @Test
    void theBillOfMaterialsHasEveryPublishedJar() throws IOException {
        List<String> published = new ArrayList<>(List.of("zoetrope-cuda", "zoetrope-native"));
        Matcher modules = Pattern.compile("<module>([\\w-]+)</module>").matcher(pom("java").split("<profiles>")[0]);
        while (modules.find()) {
            String module = pom("java/" + modules.group(1));
            if (!module.contains("<packaging>pom</packaging>") && !module.contains("<maven.install.skip>true")) {
                published.add(first(ARTIFACT, module.substring(module.indexOf("</parent>"))));
            }
        }
        String bill = pom("java/bom");
        assertThat(ARTIFACT.matcher(bill.substring(bill.indexOf("<dependencyManagement>"))).results()
                .map(found -> found.group(1))).containsExactlyInAnyOrderElementsOf(published);
    }

    @Test
    void theBillOfMaterialsCountsWithTheRest() throws IOException {
        for (String tag : List.of("groupId", "version", "licenses", "developers", "scm", "repository.url")) {
            Pattern pattern = Pattern.compile("<" + tag + "[^>]*>(.*?)</" + tag + ">", Pattern.DOTALL);
            assertThat(first(pattern, pom("java/bom"))).as(tag).isEqualTo(first(pattern, pom("")));
        }
    }

    @Test
    void theNoticeNamesAllWeightsAndDataSets() throws IOException {
        String notice = Files.readString(ROOT.resolve("java/core/NOTICE"));
        for (String weights : PretrainedModels.names()) {
            if (!weights.equals("toy-dots")) { // a test's
                assertThat(notice).contains("weights/" + weights.split("-")[0] + "-*");
            }
        }
        assertThat(DataSets.all()).isNotEmpty().allSatisfy(set -> assertThat(notice).contains(set.title()));
        assertThat(notice).contains(EmojiSet.LICENCE.split(",")[0]);
    }
}
