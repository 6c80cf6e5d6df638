// ZOETROPE_PROFILE: what launches cost, by kernel and shape. Read once by a process, so each case has its own.
#include "exec/profile.h"

#include <cstdlib>
#include <ctime>
#include <functional>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "exec/kernel_code.h"
#include "expect.h"
#include "machine.h"

using namespace softcuda;

namespace {

const char* const kKernels = R"(
.visible .entry heavy(.param .u64 to)
{
    .reg .pred %p<2>;
    .reg .b32 %r<4>;
    .reg .b64 %rd<2>;
    ld.param.u64 %rd1, [to];
    mov.u32 %r1, 0;
LOOP:
    add.u32 %r1, %r1, 1;
    setp.ne.u32 %p1, %r1, 200000;
    @%p1 bra LOOP;
    st.global.u32 [%rd1], %r1;
    ret;
}
.visible .entry light(.param .u64 to)
{
    .reg .b64 %rd<2>;
    .shared .align 4 .b8 room[96];
    ld.param.u64 %rd1, [to];
    st.shared.u32 [room], 1;
    st.global.u32 [%rd1], 1;
    ret;
}
)";

struct Outcome {
    std::vector<std::vector<std::string>> rows;  // without the heading
    std::string file, errors;
    int status;
};

std::string text_of(const std::string& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

// What a process that runs `body` writes with ZOETROPE_PROFILE=`file`.
Outcome profile_of(const std::string& folder, const std::string& file, const std::function<void(Machine&)>& body) {
    const std::string errors = folder + "/errors";
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        setenv("ZOETROPE_PROFILE", file.c_str(), 1);
        if (!std::freopen(errors.c_str(), "w", stderr)) _exit(9);
        Machine m;
        body(m);
        std::exit(0);
    }
    Outcome o;
    waitpid(child, &o.status, 0);
    o.file = text_of(file);
    o.errors = text_of(errors);
    std::stringstream lines(o.file);
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        std::stringstream cells(line);
        o.rows.emplace_back();
        for (std::string cell; std::getline(cells, cell, '\t');) o.rows.back().push_back(cell);
    }
    unlink(file.c_str());
    unlink(errors.c_str());
    return o;
}

class Folder {
public:
    Folder() {
        if (!mkdtemp(name_)) std::abort();
    }
    ~Folder() { rmdir(name_); }
    std::string path() const { return name_; }

private:
    char name_[32] = "/tmp/softcuda-profile-XXXXXX";
};

std::string shape_of(const std::vector<std::string>& row) {
    return row[0] + " " + row[1] + " " + row[2] + " " + row[3] + " " + row[4];
}

void launch(Machine& m, const char* kernel, Machine::Shape shape, int times) {
    Module& module = m.load(with_header(kKernels));
    uint32_t* to = m.allocate<uint32_t>(1);
    for (int i = 0; i < times; i++)
        if (m.launch(module, kernel, shape, to)) std::exit(8);
}

}  // namespace

TEST(one_row_for_each_kernel_and_shape_the_dearest_first) {
    Folder folder;
    Outcome o = profile_of(folder.path(), folder.path() + "/profile.tsv", [](Machine& m) {
        launch(m, "light", {1, 1, 1, 32}, 5);
        launch(m, "heavy", {2, 3, 1, 64}, 3);
        launch(m, "light", {1, 1, 1, 32, 2, 1, 160}, 1);
        launch(m, "light", {1, 1, 1, 32}, 2);
    });
    EXPECT_EQ(o.status, 0);
    EXPECT_EQ(o.errors, "");
    EXPECT(o.file.rfind("kernel\tlaunches\tgrid\tblock\tshared_bytes\tcpu_ms\twall_ms\n", 0) == 0);
    EXPECT_EQ(o.rows.size(), 3u);
    if (o.rows.size() != 3) return;
    EXPECT_EQ(shape_of(o.rows[0]), "heavy 3 2x3x1 64x1x1 0");
    const std::string a = shape_of(o.rows[1]), b = shape_of(o.rows[2]);
    EXPECT_EQ(std::min(a, b), "light 1 1x1x1 32x2x1 256");
    EXPECT_EQ(std::max(a, b), "light 7 1x1x1 32x1x1 96");
    EXPECT(std::stod(o.rows[0][5]) > 10 * std::stod(o.rows[1][5]));
    for (const auto& row : o.rows) EXPECT(std::stod(row[5]) > 0 && std::stod(row[6]) > 0);
}

TEST(cooperative_launches_count) {
    Folder folder;
    Outcome o = profile_of(folder.path(), folder.path() + "/profile.tsv", [](Machine& m) {
        launch(m, "heavy", {1, 1, 1, 32}, 1);
        Machine::Shape together{4, 1, 1, 32};
        together.cooperative = true;
        launch(m, "heavy", together, 1);
    });
    EXPECT_EQ(o.rows.size(), 2u);
    if (o.rows.size() != 2) return;
    EXPECT_EQ(shape_of(o.rows[0]), "heavy 1 4x1x1 32x1x1 0");
    EXPECT(std::stod(o.rows[0][5]) > 2 * std::stod(o.rows[1][5]));
}

TEST(time_of_all_threads_is_added_up) {
    Code code;
    code.name = "k";
    Launch one{};
    one.code = &code;
    Profile profile;
    {
        LaunchMeter meter(one, &profile);
        auto burn = [&meter] {
            LaunchMeter::Share share(meter);
            timespec t;
            do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
            while (t.tv_sec == 0 && t.tv_nsec < 30000000);
        };
        std::thread first(burn), second(burn);
        first.join();
        second.join();
    }
    const std::string table = profile.table();
    const double cpu = std::stod(table.substr(table.find("0x0x0\t0\t") + 8));
    EXPECT(cpu > 55 && cpu < 70);
}

TEST(a_file_that_cannot_be_written_is_named) {
    Folder folder;
    Outcome o = profile_of(folder.path(), folder.path() + "/none/profile.tsv", [](Machine& m) {
        launch(m, "light", {1, 1, 1, 32}, 1);
    });
    EXPECT_EQ(o.status, 0);
    EXPECT_EQ(o.errors, "softcuda: ZOETROPE_PROFILE: " + folder.path() + "/none/profile.tsv cannot be written\n");
}

TEST(without_the_variable_nothing_is_measured) { EXPECT(Profile::instance() == nullptr); }

TEST_MAIN
