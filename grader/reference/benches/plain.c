// Trains a small GPT by plain loops, as a reader would write them first.
//
//     plain FOLDER VOCABULARY CONTEXT WIDTH HEADS LAYERS BATCH
//
// The folder has `weights`, the numbers of all tensors one after the other, and `windows`, the tokens of all steps.
// Each line of the input is answered by one: a number of steps by the seconds that they took and their mean loss,
// `memory` by the peak of the memory in MiB.
//
// What is n wide is stored row by row: row r of X is X + r·n. Two threads share the rows or columns of the products and
// the heads of the attention; all else is computed on one. A d before a name means the gradient by it; functions add to
// gradients.

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t vocabulary, context, width, heads, layers, batch;

// The tokens of a step.
static size_t rows;

static void fail(const char *what, const char *name) {
    fprintf(stderr, "failed to %s %s\n", what, name);
    exit(1);
}

static void *new_array(size_t count, size_t size) {
    void *array = calloc(count, size);
    if (array == NULL) fail("get memory for", "an array");
    return array;
}

static float *zeros(size_t count) {
    return new_array(count, sizeof(float));
}

static void clear(float *numbers, size_t count) {
    memset(numbers, 0, count * sizeof *numbers);
}

// The weights: of a layer of so many outputs and inputs W (outputs × inputs), and b.

struct Linear {
    float *w, *b;
};

struct Norm {
    float *gain, *bias;
};

struct Block {
    struct Norm norm1;
    struct Linear q, k, v, o;
    struct Norm norm2;
    struct Linear up, down;
};

struct Tensor {
    float *numbers;
    size_t count;
    bool is_matrix;
};

// All numbers are in one buffer; what is in a block or a tensor points into it. The head is the embedding.
struct Model {
    float *numbers;
    size_t count, taken;
    struct Tensor *tensors;
    size_t tensor_count;

    float *embedding, *positions;
    struct Block *blocks;
    struct Norm norm;
};

// The next tensor of the buffer.
static float *take(struct Model *model, size_t height, size_t length) {
    struct Tensor tensor = {model->numbers + model->taken, height * length, height > 1};
    model->tensors[model->tensor_count++] = tensor;
    model->taken += tensor.count;
    return tensor.numbers;
}

static struct Linear take_linear(struct Model *model, size_t outputs, size_t inputs) {
    struct Linear linear;
    linear.w = take(model, outputs, inputs);
    linear.b = take(model, 1, outputs);
    return linear;
}

static struct Norm take_norm(struct Model *model) {
    struct Norm norm;
    norm.gain = take(model, 1, width);
    norm.bias = take(model, 1, width);
    return norm;
}

static void take_block(struct Model *model, struct Block *block) {
    block->norm1 = take_norm(model);
    block->q = take_linear(model, width, width);
    block->k = take_linear(model, width, width);
    block->v = take_linear(model, width, width);
    block->o = take_linear(model, width, width);
    block->norm2 = take_norm(model);
    block->up = take_linear(model, 4 * width, width);
    block->down = take_linear(model, width, 4 * width);
}

static struct Model new_model(void) {
    struct Model model = {0};
    model.count = (vocabulary + context + 2) * width + layers * (12 * width + 13) * width;
    model.numbers = zeros(model.count);
    model.tensors = new_array(4 + 16 * layers, sizeof *model.tensors);
    model.blocks = new_array(layers, sizeof *model.blocks);
    model.embedding = take(&model, vocabulary, width);
    model.positions = take(&model, context, width);
    for (size_t at = 0; at < layers; at++) take_block(&model, &model.blocks[at]);
    model.norm = take_norm(&model);
    return model;
}

// What the forward pass keeps for the backward pass.

struct Normed {
    float *out;
    // Of each row the mean, and 1 over the standard deviation.
    float *mean, *scale;
};

struct BlockActivations {
    struct Normed normed1;
    float *q, *k, *v;
    // What each token of a head takes of each other one (windows × heads × tokens × tokens), and what it gets.
    float *shares, *mixed;
    float *middle;
    struct Normed normed2;
    float *up, *activated;
    float *out;
};

struct Activations {
    float *embedded;
    struct BlockActivations *blocks;
    struct Normed normed;
    // The logits, and then the gradient by them.
    float *logits;
    // Gradients, of one block after the other.
    struct BlockActivations d;
};

static struct Normed new_normed(void) {
    return (struct Normed){zeros(rows * width), zeros(rows), zeros(rows)};
}

static struct BlockActivations new_block_activations(void) {
    struct BlockActivations a = {.normed1 = new_normed(), .normed2 = new_normed()};
    float **narrow[] = {&a.q, &a.k, &a.v, &a.mixed, &a.middle, &a.out};
    for (size_t at = 0; at < 6; at++) *narrow[at] = zeros(rows * width);
    a.shares = zeros(rows * heads * context);
    a.up = zeros(rows * 4 * width);
    a.activated = zeros(rows * 4 * width);
    return a;
}

static struct Activations new_activations(void) {
    struct Activations a = {zeros(rows * width), new_array(layers, sizeof *a.blocks), new_normed(),
                            zeros(rows * vocabulary), new_block_activations()};
    for (size_t at = 0; at < layers; at++) a.blocks[at] = new_block_activations();
    return a;
}

// Forward and backward, one function after the other. Windows have a token more than there are rows: the last target.

static size_t token(const uint16_t *windows, size_t row, size_t ahead) {
    return windows[row / context * (context + 1) + row % context + ahead];
}

static void embed(float *out, const struct Model *model, const uint16_t *windows) {
    for (size_t row = 0; row < rows; row++) {
        const float *word = model->embedding + token(windows, row, 0) * width;
        const float *place = model->positions + row % context * width;
        for (size_t i = 0; i < width; i++) out[row * width + i] = word[i] + place[i];
    }
}

static void embed_back(const float *dout, struct Model *dmodel, const uint16_t *windows) {
    for (size_t row = 0; row < rows; row++) {
        float *dword = dmodel->embedding + token(windows, row, 0) * width;
        float *dplace = dmodel->positions + row % context * width;
        for (size_t i = 0; i < width; i++) {
            dword[i] += dout[row * width + i];
            dplace[i] += dout[row * width + i];
        }
    }
}

static void normalise(struct Normed normed, const float *in, struct Norm norm) {
    for (size_t row = 0; row < rows; row++) {
        const float *x = in + row * width;
        float *y = normed.out + row * width;
        float sum = 0, squares = 0;
        for (size_t i = 0; i < width; i++) sum += x[i];
        float mean = sum / width;
        for (size_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
        float scale = 1 / sqrtf(squares / width + 1e-5f);
        for (size_t i = 0; i < width; i++) y[i] = (x[i] - mean) * scale * norm.gain[i] + norm.bias[i];
        normed.mean[row] = mean;
        normed.scale[row] = scale;
    }
}

static void normalise_back(const float *dout, struct Normed normed, const float *in, struct Norm norm, float *din,
                           struct Norm dnorm) {
    for (size_t row = 0; row < rows; row++) {
        const float *x = in + row * width, *dy = dout + row * width;
        float *dx = din + row * width;
        float mean = normed.mean[row], scale = normed.scale[row];
        float sum = 0, dot = 0;
        for (size_t i = 0; i < width; i++) {
            float unit = (x[i] - mean) * scale;
            dnorm.gain[i] += dy[i] * unit;
            dnorm.bias[i] += dy[i];
            sum += dy[i] * norm.gain[i];
            dot += dy[i] * norm.gain[i] * unit;
        }
        for (size_t i = 0; i < width; i++) {
            float unit = (x[i] - mean) * scale;
            dx[i] += scale * (dy[i] * norm.gain[i] - sum / width - unit * dot / width);
        }
    }
}

// The head has no biases.
static void multiply(float *out, const float *in, struct Linear linear, size_t inputs, size_t outputs) {
#pragma omp parallel for
    for (size_t row = 0; row < rows; row++) {
        const float *x = in + row * inputs;
        for (size_t o = 0; o < outputs; o++) {
            const float *w = linear.w + o * inputs;
            float sum = linear.b == NULL ? 0 : linear.b[o];
            for (size_t i = 0; i < inputs; i++) sum += x[i] * w[i];
            out[row * outputs + o] = sum;
        }
    }
}

static void multiply_back(const float *dout, const float *in, struct Linear linear, float *din, struct Linear dlinear,
                          size_t inputs, size_t outputs) {
#pragma omp parallel for
    for (size_t row = 0; row < rows; row++) {
        float *dx = din + row * inputs;
        for (size_t o = 0; o < outputs; o++) {
            const float *w = linear.w + o * inputs;
            float dy = dout[row * outputs + o];
            for (size_t i = 0; i < inputs; i++) dx[i] += dy * w[i];
        }
    }
#pragma omp parallel for
    for (size_t o = 0; o < outputs; o++) {
        float *dw = dlinear.w + o * inputs;
        for (size_t row = 0; row < rows; row++) {
            const float *x = in + row * inputs;
            float dy = dout[row * outputs + o];
            if (dlinear.b != NULL) dlinear.b[o] += dy;
            for (size_t i = 0; i < inputs; i++) dw[i] += dy * x[i];
        }
    }
}

// Puts numbers with a sum of 1 in the place of scores.
static void softmax(float *scores, size_t count) {
    float most = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++) most = fmaxf(most, scores[i]);
    for (size_t i = 0; i < count; i++) {
        scores[i] = expf(scores[i] - most);
        sum += scores[i];
    }
    for (size_t i = 0; i < count; i++) scores[i] /= sum;
}

// Each token attends to itself and to those before it.
static void attend(struct BlockActivations *a) {
    size_t size = width / heads;
    float scale = 1 / sqrtf(size);
#pragma omp parallel for collapse(3)
    for (size_t window = 0; window < batch; window++) {
        for (size_t head = 0; head < heads; head++) {
            for (size_t t = 0; t < context; t++) {
                size_t first = window * context * width + head * size;
                const float *q = a->q + first + t * width;
                float *shares = a->shares + ((window * heads + head) * context + t) * context;
                float *mixed = a->mixed + first + t * width;
                for (size_t u = 0; u <= t; u++) {
                    const float *k = a->k + first + u * width;
                    float sum = 0;
                    for (size_t i = 0; i < size; i++) sum += q[i] * k[i];
                    shares[u] = sum * scale;
                }
                softmax(shares, t + 1);
                clear(mixed, size);
                for (size_t u = 0; u <= t; u++) {
                    const float *v = a->v + first + u * width;
                    for (size_t i = 0; i < size; i++) mixed[i] += shares[u] * v[i];
                }
            }
        }
    }
}

static void attend_back(struct BlockActivations *d, const struct BlockActivations *a) {
    size_t size = width / heads;
    float scale = 1 / sqrtf(size);
#pragma omp parallel for collapse(2)
    for (size_t window = 0; window < batch; window++) {
        for (size_t head = 0; head < heads; head++) {
            size_t first = window * context * width + head * size;
            for (size_t t = 0; t < context; t++) {
                const float *dmixed = d->mixed + first + t * width, *q = a->q + first + t * width;
                const float *shares = a->shares + ((window * heads + head) * context + t) * context;
                float *dshares = d->shares + ((window * heads + head) * context + t) * context;
                float *dq = d->q + first + t * width, dot = 0;
                for (size_t u = 0; u <= t; u++) {
                    const float *v = a->v + first + u * width;
                    float *dv = d->v + first + u * width, sum = 0;
                    for (size_t i = 0; i < size; i++) sum += dmixed[i] * v[i];
                    for (size_t i = 0; i < size; i++) dv[i] += shares[u] * dmixed[i];
                    dshares[u] = sum;
                    dot += shares[u] * sum;
                }
                for (size_t u = 0; u <= t; u++) {
                    const float *k = a->k + first + u * width;
                    float *dk = d->k + first + u * width;
                    float dscore = shares[u] * (dshares[u] - dot) * scale;
                    for (size_t i = 0; i < size; i++) dq[i] += dscore * k[i];
                    for (size_t i = 0; i < size; i++) dk[i] += dscore * q[i];
                }
            }
        }
    }
}

// √(2/π), of the approximation of GELU by tanh.
static const float ROOT = 0.7978845608f;

static void gelu(float *out, const float *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float x = in[i];
        out[i] = 0.5f * x * (1 + tanhf(ROOT * (x + 0.044715f * x * x * x)));
    }
}

static void gelu_back(const float *dout, const float *in, float *din, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float x = in[i];
        float tanh = tanhf(ROOT * (x + 0.044715f * x * x * x));
        float slope = ROOT * (1 + 3 * 0.044715f * x * x);
        din[i] += dout[i] * (0.5f * (1 + tanh) + 0.5f * x * (1 - tanh * tanh) * slope);
    }
}

static void add(float *out, const float *one, const float *other) {
    for (size_t i = 0; i < rows * width; i++) out[i] = one[i] + other[i];
}

// The mean loss. Puts its gradient in the place of the logits.
static float cross_entropy(float *logits, const uint16_t *windows) {
    float sum = 0;
    for (size_t row = 0; row < rows; row++) {
        float *shares = logits + row * vocabulary;
        size_t target = token(windows, row, 1);
        softmax(shares, vocabulary);
        sum -= logf(shares[target]);
        shares[target] -= 1;
        for (size_t i = 0; i < vocabulary; i++) shares[i] /= rows;
    }
    return sum / rows;
}

// The whole model.

static void block_forward(const struct Block *block, struct BlockActivations *a, const float *x) {
    normalise(a->normed1, x, block->norm1);
    multiply(a->q, a->normed1.out, block->q, width, width);
    multiply(a->k, a->normed1.out, block->k, width, width);
    multiply(a->v, a->normed1.out, block->v, width, width);
    attend(a);
    multiply(a->middle, a->mixed, block->o, width, width);
    add(a->middle, a->middle, x);
    normalise(a->normed2, a->middle, block->norm2);
    multiply(a->up, a->normed2.out, block->up, width, 4 * width);
    gelu(a->activated, a->up, rows * 4 * width);
    multiply(a->out, a->activated, block->down, 4 * width, width);
    add(a->out, a->out, a->middle);
}

// `d->out` is the gradient by what the block gave, and at last by what it got: what goes around both parts of the block
// stays in it.
static void block_backward(const struct Block *block, const struct BlockActivations *a, const float *x,
                           struct BlockActivations *d, struct Block *dblock) {
    float *narrow[] = {d->normed1.out, d->q, d->k, d->v, d->mixed, d->normed2.out};
    for (size_t at = 0; at < 6; at++) clear(narrow[at], rows * width);
    clear(d->up, rows * 4 * width);
    clear(d->activated, rows * 4 * width);
    multiply_back(d->out, a->activated, block->down, d->activated, dblock->down, 4 * width, width);
    gelu_back(d->activated, a->up, d->up, rows * 4 * width);
    multiply_back(d->up, a->normed2.out, block->up, d->normed2.out, dblock->up, width, 4 * width);
    normalise_back(d->normed2.out, a->normed2, a->middle, block->norm2, d->out, dblock->norm2);
    multiply_back(d->out, a->mixed, block->o, d->mixed, dblock->o, width, width);
    attend_back(d, a);
    multiply_back(d->q, a->normed1.out, block->q, d->normed1.out, dblock->q, width, width);
    multiply_back(d->k, a->normed1.out, block->k, d->normed1.out, dblock->k, width, width);
    multiply_back(d->v, a->normed1.out, block->v, d->normed1.out, dblock->v, width, width);
    normalise_back(d->normed1.out, a->normed1, x, block->norm1, d->out, dblock->norm1);
}

// The mean loss, and its gradients.
static float differentiate(const struct Model *model, struct Activations *a, const uint16_t *windows,
                           struct Model *dmodel) {
    struct Linear head = {model->embedding, NULL}, dhead = {dmodel->embedding, NULL};
    float *inputs[layers + 1];
    inputs[0] = a->embedded;
    embed(a->embedded, model, windows);
    for (size_t at = 0; at < layers; at++) {
        block_forward(&model->blocks[at], &a->blocks[at], inputs[at]);
        inputs[at + 1] = a->blocks[at].out;
    }
    normalise(a->normed, inputs[layers], model->norm);
    multiply(a->logits, a->normed.out, head, width, vocabulary);
    float loss = cross_entropy(a->logits, windows);

    float *dnormed = a->d.normed1.out, *dx = a->d.out;
    clear(dmodel->numbers, dmodel->count);
    clear(dnormed, rows * width);
    clear(dx, rows * width);
    multiply_back(a->logits, a->normed.out, head, dnormed, dhead, width, vocabulary);
    normalise_back(dnormed, a->normed, inputs[layers], model->norm, dx, dmodel->norm);
    for (size_t at = layers; at-- > 0;) {
        block_backward(&model->blocks[at], &a->blocks[at], inputs[at], &a->d, &dmodel->blocks[at]);
    }
    embed_back(dx, dmodel, windows);
    return loss;
}

// AdamW, which lets matrices decay and nothing else.
static void update(struct Model *model, const struct Model *dmodel, struct Model *m, struct Model *s, int step) {
    const float rate = 1e-3f, beta1 = 0.9f, beta2 = 0.99f, epsilon = 1e-8f;
    float unbias1 = 1 - powf(beta1, step), unbias2 = 1 - powf(beta2, step);
    for (size_t at = 0; at < model->tensor_count; at++) {
        struct Tensor w = model->tensors[at];
        const float *g = dmodel->tensors[at].numbers;
        float *mean = m->tensors[at].numbers, *square = s->tensors[at].numbers;
        float keep = w.is_matrix ? 1 - rate * 0.1f : 1;
        for (size_t i = 0; i < w.count; i++) {
            mean[i] = beta1 * mean[i] + (1 - beta1) * g[i];
            square[i] = beta2 * square[i] + (1 - beta2) * g[i] * g[i];
            w.numbers[i] *= keep;
            w.numbers[i] -= rate * (mean[i] / unbias1) / (sqrtf(square[i] / unbias2) + epsilon);
        }
    }
}

static FILE *open_file(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail("open", path);
    return file;
}

static void read_weights(const char *folder, struct Model *model) {
    FILE *file = open_file(folder, "weights");
    size_t count = fread(model->numbers, sizeof *model->numbers, model->count, file);
    if (count != model->count || fgetc(file) != EOF) fail("find as many numbers as the model has in", "weights");
    fclose(file);
}

// What the system counts of a process by getrusage is at least what its parent had.
static double peak_memory(void) {
    FILE *status = open_file("/proc/self", "status");
    char line[256];
    double kib = 0;
    while (fgets(line, sizeof line, status) != NULL && sscanf(line, "VmHWM: %lf", &kib) != 1) continue;
    fclose(status);
    return kib / 1024;
}

int main(int count, char **arguments) {
    if (count != 8) fail("find seven arguments for", arguments[0]);
    size_t *sizes[] = {&vocabulary, &context, &width, &heads, &layers, &batch};
    for (size_t at = 0; at < 6; at++) *sizes[at] = strtoul(arguments[at + 2], NULL, 10);
    rows = batch * context;
    omp_set_num_threads(2);
    struct Model model = new_model(), dmodel = new_model(), m = new_model(), s = new_model();
    struct Activations activations = new_activations();
    read_weights(arguments[1], &model);
    FILE *file = open_file(arguments[1], "windows");
    uint16_t windows[batch * (context + 1)];
    char line[100];
    int step = 0;
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "memory\n") == 0) {
            printf("%.1f\n", peak_memory());
        } else {
            double began = omp_get_wtime(), sum = 0;
            int steps = atoi(line);
            for (int at = 0; at < steps; at++) {
                if (fread(windows, sizeof windows, 1, file) != 1) fail("find another step in", "windows");
                sum += differentiate(&model, &activations, windows, &dmodel);
                update(&model, &dmodel, &m, &s, ++step);
            }
            printf("%f %f\n", omp_get_wtime() - began, sum / steps);
        }
        fflush(stdout);
    }
}
