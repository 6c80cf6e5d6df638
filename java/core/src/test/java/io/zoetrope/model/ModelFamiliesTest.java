package io.zoetrope.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.data.Media;
import io.zoetrope.io.Config;
import io.zoetrope.option.Option;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModelFamiliesTest {
    private final ModelFamilies families = ModelFamilies.installed();

    @Test
    void theLibrarysFamiliesAreFound() throws Exception {
        assertThat(families.all()).extracting(ModelFamily::name).containsExactly("ddpm", "patches", "cnn", "gan",
                "wavegan", "words", "tagger");
        for (ShippedModel model : families.shipped()) {
            ModelFamily family = families.shipping(model.name()).orElseThrow();
            assertThat(families.of(model.name())).isSameAs(family)
                    .isSameAs(families.named(family.name()).orElseThrow());
            ModelFamily ofFolder = PretrainedModels.open(model.name(), folder -> families.of(folder.toString()));
            assertThat(ofFolder).as("by its folder").isSameAs(family);
        }
        assertThat(families.usualClassifier(Media.PICTURES)).isEqualTo("fashion-cnn");
        assertThat(families.usualClassifier(Media.SOUNDS)).isEqualTo("digits-cnn");
        assertThatThrownBy(() -> families.of("nothing-such")).hasMessageContaining("expected one of [fashion-ddpm, ");
    }

    /** What shows options to users merges those of one name. */
    @Test
    void optionsOfOneNameAreOfOneKindInAllFamilies() {
        for (Action.Kind kind : Action.Kind.values()) {
            Map<String, Option<?>> seen = new HashMap<>();
            for (ModelFamily family : families.having(kind)) {
                for (Action action : family.actions(kind)) {
                    Set<String> names = new HashSet<>();
                    for (Option<?> option : action.options()) {
                        assertThat(names.add(option.name())).as("%s of %s stands twice", option, action.name())
                                .isTrue();
                        Option<?> other = seen.putIfAbsent(option.name(), option);
                        if (other != null) {
                            assertThat(option.kind()).as("%s of %s", option, action.name()).isEqualTo(other.kind());
                            assertThat(option.label()).as("%s of %s", option, action.name()).isEqualTo(other.label());
                        }
                    }
                    assertThat(names).contains(CommonOptions.MODEL.name());
                    assertThat(kind != Action.Kind.GENERATE || names.contains(CommonOptions.OUT.name())).isTrue();
                }
            }
        }
    }

    @Test
    void whatIsShownAfterTrainingCanBeDone() throws Exception {
        for (ModelFamily family : families.all()) {
            assertThat(family.actions(family.show(Config.empty()))).isNotEmpty();
        }
    }

    @Test
    void twoFamiliesCannotClaimTheSame() {
        ModelFamily one = families.all().get(0);
        assertThatThrownBy(() -> new ModelFamilies(List.of(one, one)))
                .hasMessageContaining("two families of models claim the family ddpm");
    }
}
